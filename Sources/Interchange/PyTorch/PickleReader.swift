internal import PinionTensor

/// Reads the pickle of a file of `torch.save` without running code: a stack machine for the
/// instructions and the names that tensors in dictionaries, lists and tuples need. Any other
/// instruction or name is an error that names it.
///
/// Source: Python's `pickletools`, protocols 2 to 5; `torch.serialization`.
struct PickleReader {
  /// Largest pickle in bytes: the names of 50,000 tensors.
  static let sizeLimit = 1 << 24

  /// Largest number of values on the stack or in all containers.
  private static let valueLimit = 1_000_000

  /// Largest number of tensors.
  private static let tensorLimit = 50_000

  /// Largest number of containers, and of remembered values.
  private static let containerLimit = 250_000

  private var bytes: ByteScanner
  private var stack: [PickleValue] = []
  /// The heights of the stack at its marks.
  private var marks: [Int] = []
  private var memory: [Int: PickleValue] = [:]
  private var held = 0

  /// The elements of tuples and lists, and the keys and values of dictionaries.
  private(set) var containers: [[PickleValue]] = []

  private var storages: [PickleStorage] = []

  private(set) var tensors: [PickleTensor] = []

  /// The value of the pickle.
  private(set) var root = PickleValue.none

  /// - Parameter bytes: A scanner of the pickle alone.
  init(_ bytes: ByteScanner) throws(FileError) {
    self.bytes = bytes
    while try step() {}
  }

  /// Runs an instruction; false after the last.
  private mutating func step() throws(FileError) -> Bool {
    let code: UInt8 = try bytes.integer()
    switch code {
    case 0x80: try bytes.skip(1)  // PROTO
    case 0x95: try bytes.skip(8)  // FRAME
    case UInt8(ascii: "."):
      root = try pop()
      return false
    case UInt8(ascii: "("):
      guard marks.count < Self.containerLimit else { throw bytes.failure("fewer marks", "more") }
      marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMarked()
    default:
      if let value = try constant(code) {
        try push(value)
      } else if try !collect(code) {
        try refer(code)
      }
    }
    return true
  }

  /// The value of an instruction for a number, a text or a name; nil for others.
  private mutating func constant(_ code: UInt8) throws(FileError) -> PickleValue? {
    switch code {
    case UInt8(ascii: "N"): return PickleValue.none
    case 0x88: return .bool(true)
    case 0x89: return .bool(false)
    case UInt8(ascii: "J"): return .int(Int(try bytes.integer(Int32.self)))
    case UInt8(ascii: "K"): return .int(Int(try bytes.integer(UInt8.self)))
    case UInt8(ascii: "M"): return .int(Int(try bytes.integer(UInt16.self)))
    case 0x8a: return try longInteger()
    case UInt8(ascii: "G"):
      try bytes.skip(8)
      return .float
    case UInt8(ascii: "X"): return try text(Int(bytes.integer(UInt32.self)))
    case UInt8(ascii: "T"): return try text(Int(bytes.integer(UInt32.self)))
    case UInt8(ascii: "U"), 0x8c: return try text(Int(bytes.integer(UInt8.self)))
    case 0x8d: return try text(Int(clamping: bytes.integer(UInt64.self)))
    case UInt8(ascii: "c"): return try global(module: bytes.line(), name: bytes.line())
    case 0x93:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw bytes.failure("the texts of a name", "other values")
      }
      return try global(module: module, name: name)
    default: return nil
    }
  }

  /// Runs an instruction of containers; false for others.
  private mutating func collect(_ code: UInt8) throws(FileError) -> Bool {
    switch code {
    case UInt8(ascii: "]"), UInt8(ascii: ")"): try push(.sequence(container([])))
    case UInt8(ascii: "}"): try push(.dictionary(container([])))
    case 0x85, 0x86, 0x87:
      var items: [PickleValue] = []
      for _ in 0...(code - 0x85) { items.append(try pop()) }
      try push(.sequence(container(items.reversed())))
    case UInt8(ascii: "t"), UInt8(ascii: "l"): try push(.sequence(container(popMarked())))
    case UInt8(ascii: "d"): try push(.dictionary(container(popMarked())))
    case UInt8(ascii: "a"):
      let item = try pop()
      try append([item])
    case UInt8(ascii: "e"): try append(popMarked())
    case UInt8(ascii: "s"):
      let value = try pop()
      try insert([pop(), value])
    case UInt8(ascii: "u"): try insert(popMarked())
    default: return false
    }
    return true
  }

  /// Runs an instruction that stores to the memo, refers or calls.
  private mutating func refer(_ code: UInt8) throws(FileError) {
    switch code {
    case UInt8(ascii: "q"): try remember(Int(bytes.integer(UInt8.self)))
    case UInt8(ascii: "r"): try remember(Int(bytes.integer(UInt32.self)))
    case 0x94: try remember(memory.count)
    case UInt8(ascii: "h"): try push(recall(Int(bytes.integer(UInt8.self))))
    case UInt8(ascii: "j"): try push(recall(Int(bytes.integer(UInt32.self))))
    case UInt8(ascii: "Q"): try push(storage(pop()))
    case UInt8(ascii: "R"):
      let arguments = try pop()
      try push(call(pop(), arguments))
    case UInt8(ascii: "b"):
      // The attributes of a dictionary, such as the versions of its modules.
      _ = try pop()
      guard case .dictionary? = stack.last else {
        throw bytes.failure("the state of a dictionary", "that of another value")
      }
    default:
      throw bytes.failure(
        "an instruction that tensors need", "instruction 0x\(String(code, radix: 16))")
    }
  }

  // MARK: The stack

  private mutating func push(_ value: PickleValue) throws(FileError) {
    guard stack.count < Self.valueLimit else {
      throw bytes.failure("at most \(Self.valueLimit) values", "more")
    }
    stack.append(value)
  }

  private mutating func pop() throws(FileError) -> PickleValue {
    guard stack.count > marks.last ?? 0 else { throw bytes.failure("a value", "an empty stack") }
    return stack.removeLast()
  }

  private mutating func popMarked() throws(FileError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw bytes.failure("a mark", "none") }
    let items = Array(stack[mark...])
    stack.removeLast(items.count)
    return items
  }

  private mutating func remember(_ key: Int) throws(FileError) {
    guard let value = stack.last, memory.count < Self.containerLimit else {
      throw bytes.failure("at most \(Self.containerLimit) remembered values", "another")
    }
    memory[key] = value
  }

  private func recall(_ key: Int) throws(FileError) -> PickleValue {
    guard let value = memory[key] else { throw bytes.failure("a remembered value", "none") }
    return value
  }

  // MARK: Containers

  private mutating func hold(_ count: Int) throws(FileError) {
    held += count
    guard held <= Self.valueLimit else {
      throw bytes.failure("at most \(Self.valueLimit) values in containers", "more")
    }
  }

  private mutating func container(_ items: [PickleValue]) throws(FileError) -> Int {
    try hold(items.count)
    guard containers.count < Self.containerLimit else {
      throw bytes.failure("at most \(Self.containerLimit) containers", "more")
    }
    containers.append(items)
    return containers.count - 1
  }

  private mutating func append(_ items: [PickleValue]) throws(FileError) {
    guard case .sequence(let index)? = stack.last else {
      throw bytes.failure("a list", "another value")
    }
    try hold(items.count)
    containers[index] += items
  }

  private mutating func insert(_ items: [PickleValue]) throws(FileError) {
    guard case .dictionary(let index)? = stack.last, items.count.isMultiple(of: 2) else {
      throw bytes.failure("keys and values of a dictionary", "other values")
    }
    try hold(items.count)
    containers[index] += items
  }

  // MARK: Constants and calls

  /// A little-endian integer of any length. One of more than 64 bits, such as a seed with a ninth
  /// byte for its sign, is no part of a tensor.
  private mutating func longInteger() throws(FileError) -> PickleValue {
    let digits = try bytes.bytes(Int(bytes.integer(UInt8.self)))
    guard digits.count <= 8 else { return .float }
    var value = digits.last.map { $0 >= 0x80 ? -1 : 0 } ?? 0
    for digit in digits.reversed() { value = value << 8 | Int(digit) }
    return .int(value)
  }

  private mutating func text(_ count: Int) throws(FileError) -> PickleValue {
    .string(String(decoding: try bytes.bytes(count), as: UTF8.self))
  }

  private func global(module: String, name: String) throws(FileError) -> PickleValue {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw bytes.failure(
        "tensors alone, such as those of state_dict()",
        "\(module.prefix(100)).\(name.prefix(100))")
    }
    return .global(global)
  }

  /// The storage of `('storage', torch.FloatStorage, '0', 'cpu', 10)`.
  private mutating func storage(_ value: PickleValue) throws(FileError) -> PickleValue {
    guard case .sequence(let index) = value, containers[index].count == 5,
      case .string("storage") = containers[index][0],
      case .global(.storage(let type)) = containers[index][1],
      case .string(let key) = containers[index][2], case .int(let count) = containers[index][4],
      count >= 0, count <= Int.max / type.size
    else { throw bytes.failure("a storage of numbers", "another reference") }
    try hold(1)
    storages.append(PickleStorage(key: key, elementType: type, count: count))
    return .storage(storages.count - 1)
  }

  private mutating func call(
    _ function: PickleValue, _ arguments: PickleValue
  ) throws(FileError) -> PickleValue {
    guard case .global(let global) = function, case .sequence(let index) = arguments else {
      throw bytes.failure("a call with a tuple", "another value")
    }
    let items = containers[index]
    switch global {
    case .orderedDictionary where items.isEmpty: return .dictionary(try container([]))
    case .size where items.count == 1:
      if case .sequence = items[0] { return items[0] }
    case .rebuildParameter where !items.isEmpty:
      if case .tensor = items[0] { return items[0] }
    case .rebuildTensor(let hasType) where (4...(hasType ? 8 : 7)).contains(items.count):
      let arguments = PickleTensor.Arguments(items, hasType: hasType, containers: containers)
      guard let isNegated = arguments.isNegated else {
        throw bytes.failure("no metadata of a tensor but neg", "other metadata")
      }
      guard case .storage(let storage) = items[0],
        let tensor = arguments.tensor(of: storages[storage], isNegated: isNegated)
      else { throw bytes.failure("a view of a storage's elements", "another one") }
      guard tensors.count < Self.tensorLimit else {
        throw bytes.failure("at most \(Self.tensorLimit) tensors", "more")
      }
      tensors.append(tensor)
      return .tensor(tensors.count - 1)
    default: break
    }
    throw bytes.failure("the arguments of a tensor", "other values")
  }
}
