internal import PinionTensor

extension HDF5File {
  /// The objects of a global heap by their indices.
  typealias HeapObjects = [UInt16: [UInt8]]

  /// The largest size of an attribute's strings, and of the heaps that hold them.
  static let textLimit = 1 << 25

  /// The largest number of attributes into which a list is split.
  private static let partLimit = 1_000

  /// The strings of an attribute of a group, which is one string or an array of them, or of the
  /// attributes `name0`, `name1`, … into which Keras splits a long list.
  ///
  /// - Parameter path: The group's, such as `model_weights/dense`; empty for the root.
  ///
  /// Nil if there is no such group or attribute; empty for an array without elements, whose type
  /// h5py does not keep. Throws if it is of another type.
  func strings(_ name: String, of path: String) throws(FileError) -> [String]? {
    guard let address = groups[path] else { return nil }
    let place = "attribute \(name.debugDescription) of \(path.debugDescription)"
    // In one pass, since a header of many parts is long.
    var attributes: [String: Attribute] = [:]
    for message in try messages(address, place) where message.type == 0x0c {
      let attribute = try Attribute(message.data)
      if attribute.name.utf8.starts(with: name.utf8), attributes[attribute.name] == nil {
        attributes[attribute.name] = attribute
      }
    }
    if let whole = attributes[name] { return try strings(of: whole, place) }
    var all: [String] = []
    for number in 0..<Self.partLimit {
      guard let part = attributes["\(name)\(number)"] else { return number == 0 ? nil : all }
      all += try strings(of: part, place)
    }
    return all
  }

  /// An attribute before its elements are decoded.
  private struct Attribute {
    let name: String
    let type, space: [UInt8]
    let elements: ByteScanner

    init(_ message: ByteScanner) throws(FileError) {
      var data = message
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
      name = try String(decoding: part(nameSize).prefix { $0 != 0 }, as: UTF8.self)
      type = try part(typeSize)
      space = try part(spaceSize)
      elements = data
    }
  }

  private func strings(of attribute: Attribute, _ place: String) throws(FileError) -> [String] {
    var data = attribute.elements
    data.place = place
    var type = ByteScanner(
      attribute.type, offset: data.position, file: file, place: "\(place), type")
    var space = ByteScanner(
      attribute.space, offset: data.position, file: file, place: "\(place), shape")
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
  private func variableTexts(
    _ count: Int, _ data: inout ByteScanner
  ) throws(FileError) -> [String] {
    var textBytes = 0
    var texts: [String] = []
    for _ in 0..<count {
      let length = try Int(data.integer(UInt32.self))
      let address: UInt64 = try data.integer()
      let index: UInt32 = try data.integer()
      if length == 0 {
        texts.append("")
        continue
      }
      var objects = history.heap(at: address)
      if objects == nil { objects = try readHeap(address, data.place) }
      guard let text = objects?[UInt16(clamping: index)], length <= text.count else {
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

  /// Reads the objects of a global heap, which are kept.
  private func readHeap(_ address: UInt64, _ place: String) throws(FileError) -> HeapObjects {
    var start = try scanner(address, 16, place)
    try start.expect(0x4c4f_4347, "a heap of objects")
    try start.skip(4)
    let size = Int(clamping: try start.integer(UInt64.self))
    guard size >= 16, size <= Self.textLimit else {
      throw start.failure("a heap of at most \(Self.textLimit) bytes", "\(size)")
    }
    var bytes = try scanner(address, size, place)
    try bytes.skip(16)
    var objects: HeapObjects = [:]
    while bytes.remaining >= 16 {
      let index: UInt16 = try bytes.integer()
      // The remaining space is unused.
      if index == 0 { break }
      try bytes.skip(6)
      let length = Int(clamping: try bytes.integer(UInt64.self))
      objects[index] = try bytes.bytes(length)
      try bytes.skip(min((8 - length % 8) % 8, bytes.remaining))
    }
    history.keep(objects, at: address, size: size)
    return objects
  }
}
