internal import PinionTensor

/// A constant in an ONNX file, whose elements are read on demand.
struct ONNXTensor {
  private enum Storage {
    /// Elements side by side, little-endian.
    case raw(Range<Int>)
    /// Integers of variable length: single ones and ranges of several.
    case varints([ProtobufReader.Value])
    case none
  }

  let name: String
  let sizes: [Int]
  let type: ElementType
  private let source: ProtobufSource
  private let storage: Storage

  var shape: Shape { Shape(sizes) }

  /// Throws `FileError` unless the shape agrees with the elements in the file.
  init(_ reader: ProtobufReader) throws(FileError) {
    var reader = reader
    var (name, sizes, code) = ("", [Int](), 0)
    var storages: [Int: Range<Int>] = [:]
    var varints: [Int: [ProtobufReader.Value]] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: sizes += try reader.integers(field)
      case 2: code = try reader.integer(field)
      case 4, 9, 10: storages[field.number] = try reader.range(field)
      case 5, 7, 11:
        if case .integer = field.value {} else { _ = try reader.range(field) }
        varints[field.number, default: []].append(field.value)
      case 8: name = try reader.text(field)
      case 13: throw reader.failure("elements in the file", "external data", at: field.offset)
      case 14 where try reader.integer(field) == 1:
        throw reader.failure("elements in the file", "external data", at: field.offset)
      default: break
      }
    }
    if !name.isEmpty { reader.place = "constant \(name.debugDescription)" }
    guard let type = Self.types[code] else {
      throw reader.failure("a type of numbers", "type \(code)")
    }
    guard sizes.count <= 8, let bytes = type.byteCount(of: Shape(sizes)),
      Shape(sizes).allSatisfy({ $0 >= 0 })
    else { throw reader.failure("a shape of at most 8 axes", "\(sizes)") }
    let count = bytes / type.size
    let number = Self.field(of: type)
    if let raw = storages[9] ?? storages[number] {
      guard raw.count == bytes else {
        throw reader.failure("\(bytes) bytes for the shape \(sizes)", "\(raw.count)")
      }
      storage = .raw(raw)
    } else if let values = varints[number] {
      // Each takes a byte or more.
      let most = values.reduce(0) { sum, value in
        if case .bytes(let range) = value { sum + range.count } else { sum + 1 }
      }
      guard count <= most else {
        throw reader.failure("\(count) numbers for the shape \(sizes)", "at most \(most)")
      }
      storage = .varints(values)
    } else {
      guard bytes == 0 else { throw reader.failure("\(bytes) bytes", "none") }
      storage = .none
    }
    (self.name, self.sizes, self.type) = (name, sizes, type)
    source = reader.source
  }

  /// The number of the field that holds elements of a type if they are not raw: the bits of floats
  /// of 16 bits as integers. Source: onnx.proto.
  private static func field(of type: ElementType) -> Int {
    switch type {
    case .float32: 4
    case .float64: 10
    case .int64: 7
    case .uint32, .uint64: 11
    default: 5
    }
  }

  /// By their codes in files.
  static let types: [Int: ElementType] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool,
    10: .float16, 11: .float64, 12: .uint32, 13: .uint64, 16: .bfloat16,
  ]

  var count: Int { shape.elementCount }

  var isInteger: Bool { !type.isReal }

  private var isSigned: Bool {
    switch type {
    case .int8, .int16, .int32, .int64: true
    default: false
    }
  }

  private var place: String { "constant \(name.debugDescription)" }

  /// The elements as floats.
  func tensor() throws -> Tensor {
    var tensor = Tensor.zeros(shape)
    try tensor.mutate { view in
      try read { (first: Int, bytes: [UInt8]) throws(FileError) in
        do throws(UnrepresentableElement) {
          try decode(bytes, view[first..<first + bytes.count / type.size])
        } catch {
          throw source.failure(place, "numbers in the range of Float", error.value)
        }
      }
    }
    return tensor
  }

  /// Calls `body` with the elements' little-endian bytes and the index of the first one, in pieces,
  /// so that the bytes are not in memory beside the result.
  private func read(
    _ body: (_ first: Int, _ bytes: [UInt8]) throws(FileError) -> Void
  ) throws(FileError) {
    let (count, piece) = (count, 1 << 18)
    switch storage {
    case .none: return
    case .raw(let range):
      for first in stride(from: 0, to: count, by: piece) {
        let start = range.lowerBound + first * type.size
        let part = min(piece, count - first) * type.size
        try body(first, source.bytes(start..<start + part, place: place))
      }
    case .varints(let values):
      var (first, bytes) = (0, [UInt8]())
      func add(_ bits: UInt64) throws(FileError) {
        guard first + bytes.count / type.size < count else {
          throw source.failure(place, "\(count) numbers", "more")
        }
        try append(bits, to: &bytes)
        guard bytes.count == piece * type.size else { return }
        try body(first, bytes)
        first += piece
        bytes.removeAll(keepingCapacity: true)
      }
      for value in values {
        switch value {
        case .integer(let bits): try add(bits)
        case .bytes(let range):
          var reader = ProtobufReader(source, range, place: place)
          while !reader.isAtEnd { try add(reader.varint()) }
        default: break
        }
      }
      let found = first + bytes.count / type.size
      guard found == count else {
        throw source.failure(place, "\(count) numbers", "\(found)")
      }
      if !bytes.isEmpty { try body(first, bytes) }
    }
  }

  /// Appends an element, which its field holds as an integer of 32 or 64 bits.
  private func append(_ bits: UInt64, to bytes: inout [UInt8]) throws(FileError) {
    // As other readers of Protocol Buffers do, of an integer of 32 bits with more of them.
    let value =
      Self.field(of: type) == 5
      ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
    if type.size < 8 {
      let rest = value >> Int64(8 * type.size - (isSigned ? 1 : 0))
      guard rest == 0 || isSigned && rest == -1 else {
        throw source.failure(place, "numbers of \(8 * type.size) bits", "\(value)")
      }
    }
    for byte in 0..<type.size {
      bytes.append(UInt8(truncatingIfNeeded: value >> Int64(8 * byte)))
    }
  }

  private func decode(
    _ bytes: [UInt8], _ target: MemoryView<Float>
  ) throws(UnrepresentableElement) {
    let result = unsafe bytes.withUnsafeBytes { bytes in
      Result { () throws(UnrepresentableElement) in
        try unsafe type.decode(bytes, isBigEndian: false, into: target.base)
      }
    }
    try result.get()
  }

  /// The elements of a constant of integers. Throws if there are more than a limit.
  func integers(limit: Int) throws(FileError) -> [Int] {
    guard count <= limit, isInteger else {
      throw source.failure(place, "at most \(limit) integers", "\(count) numbers of \(type)")
    }
    var values: [Int] = []
    values.reserveCapacity(count)
    try read { (_: Int, bytes: [UInt8]) throws(FileError) in
      for start in stride(from: 0, to: bytes.count, by: type.size) {
        var bits: UInt64 = 0
        for byte in 0..<type.size { bits |= UInt64(bytes[start + byte]) << UInt64(8 * byte) }
        guard type != .uint64 || bits <= UInt64(Int.max) else {
          throw source.failure(place, "integers of at most \(Int.max)", "\(bits)")
        }
        let unused = UInt64(64 - 8 * type.size)
        values.append(
          isSigned
            ? Int(Int64(bitPattern: bits << unused) >> Int64(unused))
            : Int(Int64(bitPattern: bits)))
      }
    }
    return values
  }
}
