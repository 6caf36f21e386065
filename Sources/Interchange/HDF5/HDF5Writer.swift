internal import PinionTensor

/// Writes arrays of floats in nested groups as the subset of HDF5 that h5py and Keras write by
/// default: superblock 0, groups with symbol tables, contiguous arrays.
///
/// Source: HDF5 File Format Specification, version 3.0.
struct HDF5Writer {
  /// A group under construction.
  private final class Group {
    var groups: [String: Group] = [:]
    var arrays: [String: (shape: Shape, elements: MemoryView<Float>)] = [:]

    /// The largest number of members of the group or of a group inside it.
    var largest: Int {
      max(groups.count + arrays.count, groups.values.map(\.largest).max() ?? 0)
    }
  }

  private let root = Group()
  private var bytes = LittleEndianBytes()
  /// The elements of arrays, which follow the structure.
  private(set) var elements: [MemoryView<Float>] = []
  private var dataOffset = 0
  /// The positions of the arrays' addresses, which are set when the structure's size is known.
  private var places: [(place: Int, offset: Int)] = []

  /// Half of the largest number of entries of a symbol table node: large enough for one node per
  /// group.
  private var leaf = 4
  /// Half of the largest number of children of a B-tree node.
  private static let node = 16
  private static let undefined = UInt64.max

  /// Adds an array under a path such as `layers/dense/vars/0`.
  func add(_ path: [String], _ shape: Shape, _ elements: MemoryView<Float>) {
    var group = root
    for name in path.dropLast() {
      let next = group.groups[name] ?? Group()
      group.groups[name] = next
      group = next
    }
    group.arrays[path.last ?? ""] = (shape, elements)
  }

  /// Writes the file. Throws `FileError` if it cannot be written.
  mutating func write(to file: borrowing FileWriter) throws {
    try file.write(structure())
    for part in elements { try file.write(part) }
  }

  /// The bytes before those of ``elements``. To be called once.
  mutating func structure() -> [UInt8] {
    leaf = max(4, (root.largest + 1) / 2)
    // The superblock, whose addresses are set at the end.
    bytes.bytes = [UInt8](repeating: 0, count: 96)
    let group = append(root)
    let end = bytes.bytes.count
    for (place, offset) in places { set(UInt64(end + offset), at: place) }
    var superblock = LittleEndianBytes()
    superblock.bytes = [0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0]
    superblock.append([UInt16(leaf), UInt16(Self.node)])
    superblock.append(0 as UInt32)
    superblock.append([0, Self.undefined, UInt64(end + dataOffset), Self.undefined])
    superblock.append([0, UInt64(group.header)])
    superblock.append([1, 0] as [UInt32])
    superblock.append([UInt64(group.tree), UInt64(group.heap)])
    bytes.bytes.replaceSubrange(0..<96, with: superblock.bytes)
    return bytes.bytes
  }

  private mutating func set(_ value: UInt64, at place: Int) {
    unsafe withUnsafeBytes(of: value.littleEndian) {
      unsafe bytes.bytes.replaceSubrange(place..<place + 8, with: $0)
    }
  }

  /// Appends a group after its members; returns the addresses of its parts.
  private mutating func append(_ group: Group) -> (header: Int, tree: Int, heap: Int) {
    let names = (Array(group.groups.keys) + Array(group.arrays.keys)).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    var headers: [Int] = []
    for name in names {
      if let inner = group.groups[name] {
        headers.append(append(inner).header)
      } else if let array = group.arrays[name] {
        headers.append(append(array.shape, array.elements))
      }
    }
    // The names, each with its final zero, at multiples of eight; the first is empty.
    var text = [UInt8](repeating: 0, count: 8)
    var offsets: [Int] = []
    for name in names {
      offsets.append(text.count)
      text += Array(name.utf8) + [0]
      text += [UInt8](repeating: 0, count: (8 - text.count % 8) % 8)
    }
    let heap = bytes.bytes.count
    bytes.bytes += Array("HEAP".utf8) + [0, 0, 0, 0]
    bytes.append([UInt64(text.count), 1, UInt64(heap + 32)])
    bytes.bytes += text
    let symbols = bytes.bytes.count
    bytes.bytes += Array("SNOD".utf8) + [1, 0]
    bytes.append(UInt16(names.count))
    for (offset, header) in zip(offsets, headers) {
      bytes.append([UInt64(offset), UInt64(header), 0, 0, 0])
    }
    pad(to: symbols + 8 + 2 * leaf * 40)
    let tree = bytes.bytes.count
    bytes.bytes += Array("TREE".utf8) + [0, 0]
    bytes.append(UInt16(names.isEmpty ? 0 : 1))
    bytes.append([Self.undefined, Self.undefined, 0, UInt64(symbols), UInt64(offsets.last ?? 0)])
    pad(to: tree + 24 + (4 * Self.node + 1) * 8)
    let header = bytes.bytes.count
    var message = LittleEndianBytes()
    message.append([UInt64(tree), UInt64(heap)])
    appendHeader([(0x11, message.bytes)])
    return (header, tree, heap)
  }

  private mutating func pad(to size: Int) {
    bytes.bytes += [UInt8](repeating: 0, count: size - bytes.bytes.count)
  }

  /// Appends an object header of messages.
  private mutating func appendHeader(_ messages: [(type: UInt16, data: [UInt8])]) {
    let padded = messages.map { message in
      let padding = [UInt8](repeating: 0, count: (8 - message.data.count % 8) % 8)
      return (message.type, message.data + padding)
    }
    bytes.bytes += [1, 0]
    bytes.append(UInt16(messages.count))
    bytes.append([1, UInt32(padded.reduce(0) { $0 + 8 + $1.1.count }), 0])
    for (type, data) in padded {
      bytes.append([type, UInt16(data.count)])
      bytes.append(0 as UInt32)
      bytes.bytes += data
    }
  }

  /// Appends the header of an array; returns its address.
  private mutating func append(_ shape: Shape, _ values: MemoryView<Float>) -> Int {
    let header = bytes.bytes.count
    var space = LittleEndianBytes()
    space.bytes = [1, UInt8(shape.rank), 0, 0, 0, 0, 0, 0]
    space.append(shape.map { UInt64($0) })
    // IEEE single precision, little-endian.
    var type = LittleEndianBytes()
    type.bytes = [0x11, 0x20, 31, 0]
    type.append(4 as UInt32)
    type.append([0, 32] as [UInt16])
    type.bytes += [23, 8, 0, 23]
    type.append(127 as UInt32)
    var layout = LittleEndianBytes()
    layout.bytes = [3, 1]
    layout.append([0, UInt64(values.count * 4)])
    appendHeader([
      (0x01, space.bytes), (0x03, type.bytes), (0x05, [2, 2, 2, 1, 0, 0, 0, 0]),
      (0x08, layout.bytes),
    ])
    // The layout is the last message, of 24 bytes with padding.
    places.append((bytes.bytes.count - 24 + 2, dataOffset))
    elements.append(values)
    dataOffset += values.count * 4
    return header
  }
}
