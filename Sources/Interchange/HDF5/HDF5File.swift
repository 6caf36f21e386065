internal import Glibc
internal import PinionTensor
internal import Synchronization

/// The arrays of an HDF5 file, or of one in a stored member of a zip file, of the subset that h5py
/// writes by default: superblock 0, groups with symbol tables, contiguous arrays of numbers.
///
/// libhdf5 is not used, since it would expose a parser of the whole format, including links to
/// other files and compressed, chunked arrays, to untrusted files. Everything outside the subset is
/// refused. Source: HDF5 File Format Specification, version 3.0.
struct HDF5File: Sendable {
  /// An array in the file.
  struct Entry: Sendable {
    let shape: Shape
    let elementType: ElementType
    let isBigEndian: Bool
    /// The offset of the elements in the file, in bytes.
    let offset: Int
  }

  /// The largest number of groups and arrays, and the largest nesting depth of groups.
  static let objectLimit = 100_000
  private static let depthLimit = 32

  /// By path, such as `layers/dense/vars/0`. Members other than arrays of numbers, such as strings,
  /// are left out.
  private(set) var entries: [String: Entry] = [:]
  /// The addresses of the groups' headers, by path.
  private(set) var groups: [String: UInt64] = [:]

  /// The path of the file.
  var file: String { reader.file }

  private let reader: FileReader
  /// The file's bytes.
  private let range: Range<Int>
  private var (objects, pathBytes) = (0, 0)
  let history = History()

  /// What has been read of the file, which all copies of the value share.
  final class History: Sendable {
    private let bytes = Mutex(0)
    private let heaps = Mutex<(objects: [UInt64: HeapObjects], bytes: Int)>(([:], 0))

    /// Adds to the number of bytes read, and returns it; bytes that several objects share count
    /// each time.
    func add(_ count: Int) -> Int {
      bytes.withLock { bytes in
        bytes += count
        return bytes
      }
    }

    /// The objects of a global heap that has been kept. The names of many layers are in one heap.
    func heap(at address: UInt64) -> HeapObjects? { heaps.withLock { $0.objects[address] } }

    /// Keeps the objects of a heap of `size` bytes, and forgets others that take too much memory.
    func keep(_ objects: HeapObjects, at address: UInt64, size: Int) {
      heaps.withLock { heaps in
        if heaps.bytes + size > HDF5File.textLimit { heaps = ([:], 0) }
        heaps.objects[address] = objects
        heaps.bytes += size
      }
    }
  }

  init(_ reader: FileReader, in range: Range<Int>) throws(FileError) {
    (self.reader, self.range) = (reader, range)
    var bytes = try scanner(0, 96, "superblock")
    let signature: UInt64 = try bytes.integer()
    guard signature == 0x0a1a_0a0d_4644_4889 else {
      throw bytes.failure("the signature of HDF5", "other bytes")
    }
    let versions: UInt32 = try bytes.integer()
    guard versions & 0x00ff_ffff == 0 else {
      throw bytes.failure("superblock 0, as of h5py's default", "version \(versions & 0xff)")
    }
    let sizes: UInt32 = try bytes.integer()
    guard sizes & 0x00ff_ff00 == 0x0008_0800 else {
      throw bytes.failure("addresses of 64 bits", "others")
    }
    try bytes.skip(8)
    let base: UInt64 = try bytes.integer()
    guard base == 0 else { throw bytes.failure("a base address of 0", "\(base)") }
    try bytes.skip(24 + 8)
    let root: UInt64 = try bytes.integer()
    try readObject(root, "", depth: 0)
  }

  /// A part of the file. Throws unless it is inside, and if parts overlap too often.
  func scanner(_ address: UInt64, _ count: Int, _ place: String) throws(FileError) -> ByteScanner {
    guard count >= 0, count <= range.count, address <= UInt64(range.count - count) else {
      throw FileError(
        file: reader.file, place: place, expected: "\(count) bytes in a file of \(range.count)",
        found: "address \(address)")
    }
    guard history.add(count) <= 8 * range.count + 1 << 20 else {
      throw FileError(
        file: reader.file, place: place, expected: "objects of their own bytes",
        found: "objects that share them")
    }
    let start = range.lowerBound + Int(address)
    return ByteScanner(
      try reader.bytes(start..<start + count, place: place), offset: start, file: reader.file,
      place: place)
  }

  // MARK: Objects

  /// A message of an object header.
  typealias Message = (type: UInt16, data: ByteScanner)

  /// The messages of an object, with those of its continuations.
  func messages(_ address: UInt64, _ place: String) throws(FileError) -> [Message] {
    var start = try scanner(address, 16, place)
    let version: UInt16 = try start.integer()
    guard version == 1 else { throw start.failure("an object header of version 1", "another") }
    let count = try Int(start.integer(UInt16.self))
    try start.skip(4)
    let size = try Int(start.integer(UInt32.self))
    var blocks = [try scanner(address + 16, size, place)]
    var next = 0
    var messages: [Message] = []
    while next < blocks.count {
      var block = blocks[next]
      next += 1
      while block.remaining >= 8, messages.count < count {
        let type: UInt16 = try block.integer()
        let length = try Int(block.integer(UInt16.self))
        let flags: UInt8 = try block.integer()
        try block.skip(3)
        let offset = block.position
        var data = ByteScanner(
          try block.bytes(length), offset: Int(address) + offset, file: reader.file, place: place)
        guard flags & 2 == 0 else { throw data.failure("no shared message", "one") }
        messages.append((type, data))
        guard type == 0x10 else { continue }
        guard blocks.count < 64 else { throw data.failure("at most 64 continuations", "more") }
        let target: UInt64 = try data.integer()
        let targetSize: UInt64 = try data.integer()
        blocks.append(try scanner(target, Int(clamping: targetSize), place))
      }
    }
    return messages
  }

  private mutating func readObject(
    _ address: UInt64, _ path: String, depth: Int
  ) throws(FileError) {
    objects += 1
    pathBytes += path.utf8.count
    let place = path.isEmpty ? "root group" : "object \(path.debugDescription)"
    guard objects <= Self.objectLimit, pathBytes <= 1 << 24, depth <= Self.depthLimit else {
      throw FileError(
        file: reader.file, place: place,
        expected: "at most \(Self.objectLimit) objects, \(Self.depthLimit) groups deep",
        found: "more")
    }
    let messages = try messages(address, place)
    if var group = messages.first(where: { $0.type == 0x11 })?.data {
      groups[path] = address
      let (tree, heap): (UInt64, UInt64) = (try group.integer(), try group.integer())
      var names: [(String, UInt64)] = []
      var nodes = 0
      try readTree(tree, try self.heap(heap, place), place, level: nil, &names, &nodes)
      for (name, header) in names {
        try readObject(header, path.isEmpty ? name : "\(path)/\(name)", depth: depth + 1)
      }
    } else if let entry = try array(messages, place) {
      entries[path] = entry
    }
  }

  // MARK: Arrays

  /// An array of numbers; nil for one of other elements, such as strings.
  private func array(_ messages: [Message], _ place: String) throws(FileError) -> Entry? {
    func data(_ type: UInt16) -> ByteScanner? { messages.first { $0.type == type }?.data }
    guard var space = data(0x01), var type = data(0x03), var layout = data(0x08) else {
      return nil
    }
    if let filter = data(0x0b) ?? data(0x07) {
      throw filter.failure("an array without filters, in this file", "another")
    }
    guard let (elementType, isBigEndian) = try elementType(&type) else { return nil }
    let version: UInt8 = try space.integer()
    let rank = try Int(space.integer(UInt8.self))
    guard version == 1, rank <= 32 else {
      throw space.failure("a shape of version 1 with at most 32 axes", "\(version), \(rank)")
    }
    try space.skip(6)
    var sizes: [Int] = []
    for _ in 0..<rank { sizes.append(Int(clamping: try space.integer(UInt64.self))) }
    let shape = Shape(sizes)
    let layoutKind: UInt16 = try layout.integer()
    guard layoutKind == 0x0103 else {
      throw layout.failure("a contiguous array", "layout \(layoutKind)")
    }
    let address: UInt64 = try layout.integer()
    let size: UInt64 = try layout.integer()
    guard let count = elementType.byteCount(of: shape), UInt64(count) == size else {
      throw layout.failure("the bytes of \(shape)", "\(size)")
    }
    guard count == 0 || address <= UInt64(range.count) && count <= range.count - Int(address)
    else { throw layout.failure("\(count) bytes in the file", "address \(address)") }
    return Entry(
      shape: shape, elementType: elementType, isBigEndian: isBigEndian,
      offset: range.lowerBound + (count == 0 ? 0 : Int(address)))
  }

  /// The IEEE floats and integers of whole bytes; nil for other types.
  private func elementType(
    _ type: inout ByteScanner
  ) throws(FileError) -> (ElementType, isBigEndian: Bool)? {
    let kind: UInt8 = try type.integer()
    let bits: UInt8 = try type.integer()
    try type.skip(2)
    let size: UInt32 = try type.integer()
    let offset: UInt16 = try type.integer()
    let precision: UInt16 = try type.integer()
    guard offset == 0, UInt64(precision) == 8 * UInt64(size) else { return nil }
    let isSigned = bits & 8 != 0
    switch (kind & 15, size) {
    case (0, 1): return (isSigned ? .int8 : .uint8, bits & 1 == 1)
    case (0, 2): return (isSigned ? .int16 : .uint16, bits & 1 == 1)
    case (0, 4): return (isSigned ? .int32 : .uint32, bits & 1 == 1)
    case (0, 8): return (isSigned ? .int64 : .uint64, bits & 1 == 1)
    case (1, 2), (1, 4), (1, 8):
      // The exponent's place and size, the fraction's.
      let fields = try type.bytes(4)
      switch fields {
      case [10, 5, 0, 10]: return (.float16, bits & 1 == 1)
      case [7, 8, 0, 7]: return (.bfloat16, bits & 1 == 1)
      case [23, 8, 0, 23]: return (.float32, bits & 1 == 1)
      case [52, 11, 0, 52]: return (.float64, bits & 1 == 1)
      default: return nil
      }
    default: return nil
    }
  }

  /// Reads an array into memory of as many floats.
  func read(_ path: String, _ entry: Entry, into target: MemoryView<Float>) throws(FileError) {
    require(target.count == entry.shape.elementCount, "the array's elements")
    for first in stride(from: 0, to: target.count, by: 1 << 14) {
      let count = min(1 << 14, target.count - first)
      let offset = entry.offset + first * entry.elementType.size
      let bytes = try reader.bytes(
        offset..<offset + count * entry.elementType.size, place: path)
      let result = unsafe bytes.withUnsafeBytes { bytes in
        Result { () throws(UnrepresentableElement) in
          try unsafe entry.elementType.decode(
            bytes, isBigEndian: entry.isBigEndian, into: target[first..<first + count].base)
        }
      }
      do throws(UnrepresentableElement) {
        try result.get()
      } catch {
        throw FileError(
          file: reader.file,
          place: "array \(path.debugDescription), element \(first + error.index)",
          expected: "a number in the range of floats", found: error.value)
      }
    }
  }
}
