internal import PinionTensor

extension HDF5File {
  /// The largest size of an attribute's strings, and of the heaps that hold them.
  private static let textLimit = 1 << 25

  /// The strings of an attribute of a group, which is one string or an array of them.
  ///
  /// - Parameter path: The group's, such as `model_weights/dense`; empty for the root.
  ///
  /// Nil if there is no such group or attribute; empty for an array without elements, whose type
  /// h5py does not keep. Throws if it is of another type.
  func strings(_ name: String, of path: String) throws(FileError) -> [String]? {
    guard let address = groups[path] else { return nil }
    let place = "attribute \(name.debugDescription) of \(path.debugDescription)"
    // A copy, with its own count of the bytes read.
    var file = self
    for message in try file.messages(address, place) where message.type == 0x0c {
      var data = message.data
      if let texts = try file.strings(name, in: &data, place) { return texts }
    }
    return nil
  }

  /// The strings of the attribute that a message contains; nil for one of another name.
  private mutating func strings(
    _ wanted: String, in data: inout ByteScanner, _ place: String
  ) throws(FileError) -> [String]? {
    let version = try Int(data.integer(UInt8.self))
    let flags: UInt8 = try data.integer()
    let nameSize = try Int(data.integer(UInt16.self))
    let typeSize = try Int(data.integer(UInt16.self))
    let spaceSize = try Int(data.integer(UInt16.self))
    guard version == 1 || (version == 2 || version == 3) && flags == 0 else {
      throw data.failure("an attribute of version 1 to 3 of its own type", "version \(version)")
    }
    if version == 3 { try data.skip(1) }
    // Parts of version 1 end at multiples of eight bytes.
    func part(_ size: Int) throws(FileError) -> [UInt8] {
      let bytes = try data.bytes(size)
      if version == 1 { try data.skip((8 - size % 8) % 8) }
      return bytes
    }
    let name = try part(nameSize).prefix { $0 != 0 }
    guard name.elementsEqual(wanted.utf8) else { return nil }
    data.place = place
    var type = ByteScanner(
      try part(typeSize), offset: data.position, file: file, place: "\(place), type")
    var space = ByteScanner(
      try part(spaceSize), offset: data.position, file: file, place: "\(place), shape")
    let count = try elementCount(&space)
    if count == 0 { return [] }
    let kind: UInt8 = try type.integer()
    let bits: UInt8 = try type.integer()
    try type.skip(2)
    let size = try Int(type.integer(UInt32.self))
    switch (kind & 15, bits & 15) {
    case (3, _): return try fixedTexts(count, size, &data)
    case (9, 1) where size == 16: return try variableTexts(count, &data)
    default: throw type.failure("texts", "elements of class \(kind & 15)")
    }
  }

  private func elementCount(_ space: inout ByteScanner) throws(FileError) -> Int {
    let version: UInt8 = try space.integer()
    let rank: UInt8 = try space.integer()
    guard version == 1, rank <= 1 else {
      throw space.failure("one text or a list of them", "\(rank) axes, version \(version)")
    }
    guard rank == 1 else { return 1 }
    try space.skip(6)
    let count: UInt64 = try space.integer()
    guard count <= 1 << 16 else { throw space.failure("at most 65,536 texts", "\(count)") }
    return Int(count)
  }

  /// Strings of fixed length, padded with zeros.
  private func fixedTexts(
    _ count: Int, _ size: Int, _ data: inout ByteScanner
  ) throws(FileError) -> [String] {
    guard size > 0 else { throw data.failure("texts of at least a byte", "none") }
    var texts: [String] = []
    for _ in 0..<count {
      texts.append(String(decoding: try data.bytes(size).prefix { $0 != 0 }, as: UTF8.self))
    }
    return texts
  }

  /// Strings of variable length, which are in the file's global heaps.
  private mutating func variableTexts(
    _ count: Int, _ data: inout ByteScanner
  ) throws(FileError) -> [String] {
    var heaps: [UInt64: [UInt16: [UInt8]]] = [:]
    var (heapBytes, textBytes) = (0, 0)
    var texts: [String] = []
    for _ in 0..<count {
      let length = try Int(data.integer(UInt32.self))
      let address: UInt64 = try data.integer()
      let index: UInt32 = try data.integer()
      if length == 0 {
        texts.append("")
        continue
      }
      if heaps[address] == nil { heaps[address] = try objects(address, data.place, &heapBytes) }
      guard let text = heaps[address]?[UInt16(clamping: index)], length <= text.count else {
        throw data.failure("a text of \(length) bytes in the heap", "object \(index)")
      }
      textBytes += length
      guard textBytes <= Self.textLimit else {
        throw data.failure("at most \(Self.textLimit) bytes of texts", "more")
      }
      texts.append(String(decoding: text.prefix(length).prefix { $0 != 0 }, as: UTF8.self))
    }
    return texts
  }

  /// The objects of a global heap by their indices.
  private mutating func objects(
    _ address: UInt64, _ place: String, _ total: inout Int
  ) throws(FileError) -> [UInt16: [UInt8]] {
    var start = try scanner(address, 16, place)
    try start.expect(0x4c4f_4347, "a heap of objects")
    try start.skip(4)
    let size = Int(clamping: try start.integer(UInt64.self))
    guard size >= 16, size <= Self.textLimit - total else {
      throw start.failure("at most \(Self.textLimit) bytes of heaps", "\(size) more")
    }
    total += size
    var bytes = try scanner(address, size, place)
    try bytes.skip(16)
    var objects: [UInt16: [UInt8]] = [:]
    while bytes.remaining >= 16 {
      let index: UInt16 = try bytes.integer()
      // The remaining space is unused.
      if index == 0 { break }
      try bytes.skip(6)
      let length = Int(clamping: try bytes.integer(UInt64.self))
      objects[index] = try bytes.bytes(length)
      try bytes.skip(min((8 - length % 8) % 8, bytes.remaining))
    }
    return objects
  }
}
