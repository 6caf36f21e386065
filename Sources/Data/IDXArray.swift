internal import FoundationEssentials
public import PinionTensor

/// The contents of an IDX file of bytes, the format of MNIST and its successors.
///
/// An IDX file is two zero bytes, the code of the element type (8: bytes), the number of
/// dimensions, each dimension as a big-endian 32-bit number, then the elements, row-major (LeCun,
/// "The MNIST database of handwritten digits").
public struct IDXArray: Sendable, Equatable {
  /// (N,) for labels, (N, H, W) for images.
  public let shape: Shape

  /// Row-major.
  public let bytes: [UInt8]

  /// Reads a file, gzip or plain, with `rank` dimensions.
  ///
  /// - Parameter byteLimit: Upper bound of the number of elements. Default: twice the file's size
  ///   plus 64 MiB, which no plain file reaches; gzip can unpack to a thousand times its size.
  ///
  /// Throws `FileError` if the file cannot be read, its header is not that of bytes with `rank`
  /// dimensions, it has more than `byteLimit` elements, or it has fewer or more than its header
  /// says.
  public init(contentsOf file: some FileLocation, rank: Int, byteLimit: Int? = nil)
    throws(FileError)
  {
    try self.init(
      contentsOf: file.fileURL, rank: rank, byteLimit: byteLimit, expected: nil)
  }

  /// Reads a file, gzip or plain, of the given shape.
  ///
  /// Throws `FileError` if the file cannot be read or is not such a file; another shape is an error
  /// before elements are read.
  public init(contentsOf file: some FileLocation, shape: Shape) throws(FileError) {
    try self.init(contentsOf: file.fileURL, rank: shape.rank, byteLimit: .max, expected: shape)
  }

  private init(
    contentsOf url: URL, rank: Int, byteLimit: Int?, expected: Shape?
  ) throws(FileError) {
    let reader = try GzipReader(url)
    let path = reader.path
    shape = try Self.readShape(from: reader, rank: rank)
    if let expected, shape != expected {
      throw FileError(
        file: path, place: "the dimensions", expected: "\(expected)", found: "\(shape)")
    }
    let byteLimit = byteLimit ?? 2 * reader.fileSize + (1 << 26)
    guard let count = shape.checkedElementCount, count <= byteLimit else {
      throw FileError(
        file: path, place: "the dimensions",
        expected: "positive ones with a product of at most \(byteLimit)", found: "\(shape)")
    }
    guard count <= reader.maximumContents else {
      throw FileError(
        file: path, place: "the elements", expected: "\(count) bytes for the shape \(shape)",
        found: "a file that holds at most \(reader.maximumContents)")
    }
    bytes = try reader.read(count, place: "the elements")
    try reader.expectEnd(place: "after the elements")
  }

  static func readShape(from reader: GzipReader, rank: Int) throws(FileError) -> Shape {
    let magic = try reader.read(4, place: "the magic number")
    func check(_ place: String, _ expected: [UInt8], _ found: [UInt8]) throws(FileError) {
      guard expected != found else { return }
      throw FileError(file: reader.path, place: place, expected: "\(expected)", found: "\(found)")
    }
    try check("the first two bytes", [0, 0], Array(magic[0..<2]))
    try check("the code of the element type", [8], [magic[2]])
    try check("the number of dimensions", [UInt8(clamping: rank)], [magic[3]])
    var dimensions: [Int] = []
    for axis in 0..<Int(magic[3]) {
      let bytes = try reader.read(4, place: "dimension \(axis)")
      dimensions.append(bytes.reduce(0) { $0 << 8 | Int($1) })
    }
    return Shape(dimensions)
  }
}
