/// Files of HDF5 that no library writes.
enum HDF5Seeds {
  /// A group whose members share an object header of 800 kB, to be read for each.
  static func sharedHeader(count: Int) -> [UInt8] {
    func numbers(_ values: Int...) -> [UInt8] { values.flatMap { Endian.little($0, 8) } }
    let names = 96 + 16 + 24
    let heap = names + 32 + 8 * 2
    let tree = heap + 0
    let leaf = tree + 24 + 16
    let end = leaf + 8 + 40 * count
    var bytes: [UInt8] = [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A, 0, 0, 0, 0, 0, 8, 8, 0]
    bytes += Endian.little(0, 8) + numbers(0, -1, end, -1, 0, 96) + numbers(0, 0, 0)
    // The root group: one message, its tree and its heap.
    bytes += [1, 0, 1, 0] + Endian.little(1, 4) + Endian.little(24, 4) + [0, 0, 0, 0]
    bytes += [0x11, 0, 16, 0, 0, 0, 0, 0] + numbers(tree, names)
    bytes += Array("HEAP".utf8) + [0, 0, 0, 0] + numbers(16, 0, names + 32)
    bytes += Array("\0a\0".utf8) + [UInt8](repeating: 0, count: 13)
    bytes += Array("TREE".utf8) + [0, 0, 1, 0] + numbers(-1, -1, 0, leaf)
    bytes += Array("SNOD".utf8) + [1, 0] + Endian.little(count, 2)
    // Each member is at the header behind, of one message of unknown type.
    for _ in 0..<count { bytes += numbers(1, end) + [UInt8](repeating: 0, count: 24) }
    bytes += [1, 0, 1, 0] + Endian.little(1, 4) + Endian.little(800_000, 4) + [0, 0, 0, 0]
    bytes += [0xFE, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 800_000)
    return bytes
  }
}
