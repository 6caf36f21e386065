extension SafeTensors {
  /// The bytes of a file before its first array: the header's length, the header, spaces up to
  /// ``alignment``.
  static func header(
    of entries: [Entry], metadata: [String: String], file: String
  ) throws(FileError) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\(quoted(metadataKey)):{\(texts.joined(separator: ","))}")
    }
    var names: Set<[UInt8]> = [Array(metadataKey.utf8)]
    var offset = 0
    for entry in entries {
      let place = "tensor \(entry.name.debugDescription)"
      guard names.insert(Array(entry.name.utf8)).inserted else {
        throw FileError(
          file: file, place: place, expected: "a name of its own",
          found: entry.name == metadataKey ? "the format's own" : "another tensor's")
      }
      let bytes = entry.elements.count * MemoryLayout<Float>.stride
      guard DataType.float32.byteCount(of: entry.shape) == bytes else {
        throw FileError(
          file: file, place: place, expected: "the elements of the shape \(entry.shape)",
          found: "\(entry.elements.count) elements")
      }
      let sizes = entry.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(entry.name)):{\"dtype\":\"\(DataType.float32.rawValue)\",\"shape\":[\(sizes)],"
          + "\"data_offsets\":[\(offset),\(offset + bytes)]}")
      offset += bytes
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    let length = MemoryLayout<UInt64>.size
    while (length + text.count) % alignment != 0 { text.append(UInt8(ascii: " ")) }
    guard text.count <= headerLimit else {
      throw FileError(
        file: file, place: "header", expected: "at most \(headerLimit) bytes",
        found: "\(text.count)")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  /// The name under which a header holds texts instead of an array.
  static let metadataKey = "__metadata__"

  /// A text as JSON writes it.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
