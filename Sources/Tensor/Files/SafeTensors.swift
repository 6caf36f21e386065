package import FoundationEssentials

/// The safetensors format: a JSON header and named arrays.
///
/// A file is the header's length in eight little-endian bytes, the header, and the arrays in
/// sequence, row-major and little-endian. A header, with offsets in bytes from its end:
/// ```json
/// {"__metadata__":{"format":"1"},"dense/bias":{"dtype":"F32","shape":[10],"data_offsets":[0,40]}}
/// ```
/// Pinion writes single precision, and reads half, bfloat16, single and double precision, integers
/// and Booleans as single; ``SafeTensorsFile`` lists arrays of other types too. A header may have
/// 250,000 members, which is about 60,000 arrays, and a shape 64 axes, which bounds the memory for
/// a header. Source: the format's description in the `safetensors` project, version 0.8.
public enum SafeTensors {
  /// Largest header in bytes that readers of the format accept.
  package static let headerLimit = 100_000_000

  /// Largest rank of an array, as in NumPy.
  static let axisLimit = 64

  /// Alignment in bytes of the first array of a written file, for readers that map it.
  static let alignment = 64

  /// Writes arrays in the given order, and metadata, atomically.
  ///
  /// Equal arguments give equal bytes.
  ///
  /// ```swift
  /// try SafeTensors.write(
  ///   [.init(name: "dense/bias", shape: [10], elements: bias)], to: "model.safetensors")
  /// ```
  ///
  /// - Parameters:
  ///   - entries: The arrays, with distinct names.
  ///   - metadata: Written sorted by key. Default: none.
  ///   - file: An existing file is replaced when the new one is complete.
  ///
  /// Throws ``FileError`` if a name is used twice or reserved, a shape does not fit its elements,
  /// the header exceeds 100 MB, or the file cannot be written.
  public static func write(
    _ entries: [Entry], metadata: [String: String] = [:], to file: some FileLocation
  ) throws {
    try write(entries, metadata: metadata, to: file.fileURL) { _ in }
  }

  /// Writes arrays and metadata after `amend` has changed bytes of the header, such as a checksum.
  package static func write(
    _ entries: [Entry], metadata: [String: String], to url: URL,
    amendingHeader amend: (inout [UInt8]) throws -> Void
  ) throws {
    var header = try header(of: entries, metadata: metadata, file: url.systemPath)
    try amend(&header)
    try AtomicFile.write(to: url) { file in
      try file.write(header)
      for entry in entries { try file.write(entry.elements) }
    }
  }
}

#if _endian(big)
#error("the arrays of a safetensors file are little-endian")
#endif

extension SafeTensors {
  /// An array to write. The owner of the elements' memory keeps it until the file is written.
  public struct Entry: Sendable {
    /// Such as `conv2d_1/kernel`.
    public let name: String
    public let shape: Shape
    /// Row-major, `shape.elementCount` floats.
    public let elements: MemoryView<Float>

    public init(name: String, shape: Shape, elements: MemoryView<Float>) {
      self.name = name
      self.shape = shape
      self.elements = elements
    }
  }
}

extension SafeTensors {
  /// The bytes of a file before its first array: the header's length, the header, and spaces for
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
    return unsafe withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  /// The member of a header that holds the metadata.
  static let metadataKey = "__metadata__"

  /// A JSON string.
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
