internal import PinionTensor

/// The members of groups, which are stored as B-trees with local heaps under version 0 of the
/// superblock.
extension HDF5File {
  /// The local heap of a group, with the names of its members.
  func heap(_ address: UInt64, _ place: String) throws(FileError) -> [UInt8] {
    var bytes = try scanner(address, 32, place)
    try bytes.expect(0x5041_4548, "a local heap")
    try bytes.skip(4)
    let size: UInt64 = try bytes.integer()
    try bytes.skip(8)
    guard size <= 1 << 24 else { throw bytes.failure("at most 16 MiB of names", "\(size)") }
    var data = try scanner(bytes.integer(), Int(size), place)
    return try data.bytes(Int(size))
  }

  /// Reads a node of a group's B-tree: its children are symbol table nodes at level 0, other nodes
  /// above.
  func readTree(
    _ address: UInt64, _ heap: [UInt8], _ place: String, level expected: Int?,
    _ names: inout [(String, UInt64)], _ nodes: inout Int
  ) throws(FileError) {
    nodes += 1
    var bytes = try scanner(address, 24, place)
    guard nodes <= 10_000 else { throw bytes.failure("at most 10,000 nodes", "more") }
    try bytes.expect(0x4545_5254, "a B-tree node")
    let type: UInt8 = try bytes.integer()
    let level = try Int(bytes.integer(UInt8.self))
    let count = try Int(bytes.integer(UInt16.self))
    guard type == 0, level <= 8, expected.map({ $0 == level }) ?? true else {
      throw bytes.failure("a B-tree node of a group", "type \(type), level \(level)")
    }
    var children = try scanner(address + 24, 16 * count, place)
    for _ in 0..<count {
      try children.skip(8)
      let child: UInt64 = try children.integer()
      if level > 0 {
        try readTree(child, heap, place, level: level - 1, &names, &nodes)
      } else {
        try readLeaf(child, heap, place, &names)
      }
    }
  }

  private func readLeaf(
    _ address: UInt64, _ heap: [UInt8], _ place: String, _ names: inout [(String, UInt64)]
  ) throws(FileError) {
    var start = try scanner(address, 8, place)
    try start.expect(0x444f_4e53, "a leaf of a group's tree")
    try start.skip(2)
    let count = try Int(start.integer(UInt16.self))
    var bytes = try scanner(address + 8, 40 * count, place)
    for _ in 0..<count {
      let offset: UInt64 = try bytes.integer()
      let header: UInt64 = try bytes.integer()
      let kind: UInt32 = try bytes.integer()
      try bytes.skip(20)
      guard kind <= 1 else { throw bytes.failure("a member of the group", "a link") }
      guard offset < UInt64(heap.count), names.count < Self.objectLimit else {
        throw bytes.failure("names of the group", "offset \(offset)")
      }
      let name = heap[Int(offset)...].prefix { $0 != 0 }
      guard !name.isEmpty, name.count <= 1_000, !name.contains(UInt8(ascii: "/")) else {
        throw bytes.failure("a name of up to 1,000 bytes", "\(name.count) bytes")
      }
      names.append((String(decoding: name, as: UTF8.self), header))
    }
  }
}
