internal import FoundationEssentials

/// A safetensors file whose header is checked when it is opened and whose arrays are read one at a
/// time.
///
/// ```swift
/// let file = try SafeTensorsFile(contentsOf: "model.safetensors")
/// for entry in file.entries { print(entry.name, entry.dataType, entry.shape) }
/// let bias = try file.elements(of: "dense/bias")
/// ```
/// The file stays open as long as the value exists, so that all arrays come from the same file even
/// if it is replaced.
public struct SafeTensorsFile: Sendable {
  public let metadata: [String: String]

  /// In the order of their elements in the file.
  public let entries: [Entry]

  private let reader: FileReader
  /// The place in the file of the first array's first byte.
  private let dataOffset: Int
  /// Indices in ``entries`` by the UTF-8 bytes of the name.
  private let positions: [[UInt8]: Int]

  /// Opens a file and reads its header.
  ///
  /// Throws ``FileError`` if the file cannot be read or is invalid: the header is longer than the
  /// file or 100 MB, is not an object in UTF-8 followed by spaces, has an
  /// array twice, an unknown type, a shape that does not consist of non-negative integers, or
  /// offsets that do not fit the shape; or the arrays leave gaps, overlap, or do not fill the file.
  public init(contentsOf file: some FileLocation) throws { try self.init(FileReader(file.fileURL)) }

  package init(_ reader: FileReader) throws(FileError) {
    self.reader = reader
    // Eight bytes: the length n of the header.
    let lengthSize = MemoryLayout<UInt64>.size
    let place = "header length"
    guard reader.size >= lengthSize else {
      throw FileError(
        file: reader.file, place: place, expected: "\(lengthSize) bytes", found: "\(reader.size)")
    }
    let length = try unsafe reader.bytes(0..<lengthSize, place: place)
      .withUnsafeBytes { unsafe UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    let limit = min(SafeTensors.headerLimit, reader.size - lengthSize)
    guard length <= limit else {
      throw FileError(
        file: reader.file, place: place, expected: "at most \(limit) in a file of \(reader.size)",
        found: "\(length)")
    }
    // n bytes: the header. The rest of the file: the arrays.
    dataOffset = lengthSize + Int(length)
    let header = try SafeTensorsHeader(
      reader.bytes(lengthSize..<dataOffset, place: "header"),
      dataCount: reader.size - dataOffset, file: reader.file)
    metadata = header.metadata
    entries = header.entries
    // By bytes, since Swift compares strings by canonical equivalence.
    positions = Dictionary(
      uniqueKeysWithValues: entries.indices.map { (Array(header.entries[$0].name.utf8), $0) })
  }

  /// The entry of an array; nil if there is none of this name. Names are compared by their UTF-8
  /// bytes.
  public func entry(named name: String) -> Entry? {
    positions[Array(name.utf8)].map { entries[$0] }
  }

  /// Reads the elements of an array in single precision, row-major.
  ///
  /// `F16` and `BF16` convert exactly; `F64` and integers are rounded to the nearest float, ties to
  /// even; Booleans become 0 and 1.
  ///
  /// Throws ``FileError`` if there is no such array, its type is not one of these and `F32`, a
  /// finite number of `F64` is outside the range of floats, the elements do not fit into memory, or
  /// they cannot be read.
  public func elements(of name: String) throws -> [Float] {
    let entry = try readable(name)
    // A sparse file can claim any size, for which creating an array would trap.
    let elements = entry.shape.elementCount
    let (bytes, overflow) = elements.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard !overflow, Resources.hasMemory(bytes) else {
      throw FileError(
        file: reader.file, place: "tensor \(name.debugDescription)",
        expected: "elements that fit into memory", found: "\(elements) elements")
    }
    return try unsafe Array(unsafeUninitializedCapacity: elements) { buffer, count in
      try unsafe read(entry, into: UnsafeMutableBufferPointer(rebasing: buffer[..<elements]))
      count = elements
    }
  }

  /// Reads the elements of an array in single precision, row-major, into `view`.
  ///
  /// - Parameters:
  ///   - name: The array's name.
  ///   - view: As many elements as the array has.
  ///   - shape: The shape that the array must have. Default: any with as many elements as `view`.
  ///
  /// Converts types and throws as ``elements(of:)``; throws ``FileError`` also if the array has
  /// another shape or number of elements.
  public func copyElements(
    of name: String, into view: MemoryView<Float>, shape: Shape? = nil
  ) throws {
    let entry = try readable(name)
    guard shape ?? entry.shape == entry.shape, view.count == entry.shape.elementCount else {
      throw FileError(
        file: reader.file, place: "tensor \(name.debugDescription): shape",
        expected: shape.map { "\($0)" } ?? "\(view.count) elements", found: "\(entry.shape)")
    }
    try unsafe read(entry, into: UnsafeMutableBufferPointer(start: view.base, count: view.count))
  }

  private func readable(_ name: String) throws(FileError) -> Entry {
    let place = "tensor \(name.debugDescription)"
    guard let entry = entry(named: name) else {
      throw FileError(
        file: reader.file, place: place, expected: "an array of that name",
        found: "\(entries.count) others")
    }
    guard entry.dataType.isReadable else {
      let readable = SafeTensors.DataType.allCases.filter(\.isReadable).map(\.rawValue)
      throw FileError(
        file: reader.file, place: "\(place): dtype",
        expected: readable.joined(separator: ", "), found: entry.dataType.rawValue)
    }
    return entry
  }

  private func read(
    _ entry: Entry, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(FileError) {
    let place = "tensor \(entry.name.debugDescription)"
    let start = dataOffset + entry.range.lowerBound
    if entry.dataType == .float32 {
      return try unsafe reader.read(
        at: start, into: UnsafeMutableRawBufferPointer(floats), place: place)
    }
    // In pieces, which bounds the memory for unconverted numbers.
    let size = entry.dataType.bitsPerElement / 8
    for first in stride(from: 0, to: floats.count, by: Self.piece) {
      let count = min(Self.piece, floats.count - first)
      let offset = start + first * size
      let bytes = try reader.bytes(offset..<offset + count * size, place: place)
      for index in 0..<count {
        guard let value = entry.dataType.float(bytes, at: index) else {
          throw FileError(
            file: reader.file, place: "\(place): element \(first + index)",
            expected: "a number in the range of floats",
            found: "\(SafeTensors.DataType.double(bytes, at: index))")
        }
        unsafe floats[first + index] = value
      }
    }
  }

  /// The number of elements converted at a time.
  private static let piece = 1 << 14
}

extension SafeTensorsFile {
  /// The description of an array in a file.
  public struct Entry: Sendable, Equatable {
    /// Such as `conv2d_1/kernel`.
    public let name: String
    public let dataType: SafeTensors.DataType
    public let shape: Shape

    /// Byte offsets of the elements from the first array's first byte.
    let range: Range<Int>
  }
}
