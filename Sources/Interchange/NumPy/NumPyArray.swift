public import PinionTensor

/// An array in a `.npy` file of NumPy, or in a `.npz` archive; its elements are read on demand.
///
/// ```swift
/// let images = try NumPyArray(contentsOf: "images.npy").tensor()
/// let labels = try NumPyArray(contentsOf: "labels.npy").tensor(as: Int32.self)
/// try NumPyArray.write(images, to: "copy.npy")
/// ```
/// Versions 1.0 to 3.0 of the format, both byte orders and both orders of axes are read, with
/// elements of every ``ElementType`` but `bfloat16`, which NumPy lacks. Complex numbers, strings,
/// records and objects are refused. The file stays open as long as the value exists.
public struct NumPyArray: Sendable {
  private enum Storage: Sendable {
    case file(FileReader)
    case member(ZipArchive, ZipArchive.Entry)

    func source() throws(FileError) -> any ByteSource {
      switch self {
      case .file(let reader): FileSource(reader)
      case .member(let archive, let entry): try ZipSource(archive, entry)
      }
    }
  }

  public let elementType: ElementType
  public let shape: Shape
  private let isBigEndian: Bool
  private let isFortranOrder: Bool
  private let storage: Storage
  /// The largest size of the elements in memory, in bytes.
  private let defaultLimit: Int

  /// Opens a `.npy` file and reads its header.
  ///
  /// Throws `FileError` if the file cannot be read, is invalid, has more or fewer bytes than its
  /// shape needs, or elements of an unknown type.
  public init(contentsOf file: some FileLocation) throws {
    // No limit: a file on disk has as many bytes as it says.
    try self.init(.file(FileReader(file.fileURL)), defaultLimit: .max)
  }

  init(_ archive: ZipArchive, _ entry: ZipArchive.Entry) throws(FileError) {
    try self.init(
      .member(archive, entry),
      defaultLimit: entry.isDeflated ? 2 * archive.reader.size + 64 << 20 : .max)
  }

  private init(_ storage: Storage, defaultLimit: Int) throws(FileError) {
    let header = try NumPyHeader(storage.source())
    (elementType, shape) = (header.elementType, header.shape)
    (isBigEndian, isFortranOrder) = (header.isBigEndian, header.isFortranOrder)
    (self.storage, self.defaultLimit) = (storage, defaultLimit)
  }

  /// Reads the elements.
  ///
  /// - Parameters:
  ///   - type: `Float` or `Double`, to which numbers are rounded, and Booleans become 0 and 1;
  ///     `Int32` for integers and Booleans; `Bool` for Booleans. Default: `Float`.
  ///   - limit: The largest size of the elements of a compressed array in memory, in bytes;
  ///     protects against decompression bombs. Default: twice the file's size and 64 MiB.
  ///
  /// Throws `FileError` if the type does not fit, an element is outside the range of the type, the
  /// elements exceed the limit or the memory, or the file is corrupt.
  public func tensor<Scalar: TensorScalar>(
    as type: Scalar.Type = Float.self, limit: Int? = nil
  ) throws -> TensorOf<Scalar> {
    let source = try storage.source()
    _ = try NumPyHeader(source)
    guard elementType.isReadable(as: type) else {
      throw FileError(
        file: source.file, place: "array", expected: "elements that can be read as \(type)",
        found: "\(elementType)")
    }
    let limit = limit ?? defaultLimit
    let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(
      by: MemoryLayout<Scalar>.stride)
    guard !overflow, bytes <= limit, Resources.hasMemory(bytes) else {
      throw FileError(
        file: source.file, place: "array",
        expected: overflow || bytes <= limit
          ? "elements that fit into memory" : "at most \(limit) bytes, or a higher limit",
        found: "\(shape.elementCount) elements")
    }
    var tensor = TensorOf<Scalar>.zeros(shape)
    try tensor.mutate { view in try read(source, into: view) }
    return tensor
  }

  /// Elements that are converted at a time.
  private static let piece = 1 << 14

  private func read<Scalar: TensorScalar>(
    _ source: any ByteSource, into target: MemoryView<Scalar>
  ) throws {
    var positions = isFortranOrder && shape.rank > 1 ? FortranPositions(shape) : nil
    var piece = positions == nil ? [] : [Scalar](Self.zeros(min(Self.piece, target.count)))
    for first in stride(from: 0, to: target.count, by: Self.piece) {
      let count = min(Self.piece, target.count - first)
      let offset = source.position
      let bytes = try source.bytes(count * elementType.size, place: "elements")
      do throws(UnrepresentableElement) {
        try convert(bytes, first, target, &piece, &positions, count)
      } catch {
        throw FileError(
          file: source.file, place: "byte \(offset + error.index * elementType.size)",
          expected: "a number in the range of \(Scalar.self)", found: error.value)
      }
    }
  }

  private static func zeros<Scalar: TensorScalar>(_ count: Int) -> [Scalar] {
    TensorOf<Scalar>.zeros([count]).elements
  }

  private func convert<Scalar: TensorScalar>(
    _ bytes: [UInt8], _ first: Int, _ target: MemoryView<Scalar>, _ piece: inout [Scalar],
    _ positions: inout FortranPositions?, _ count: Int
  ) throws(UnrepresentableElement) {
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe piece.withUnsafeMutableBufferPointer { piece in
        Result { () throws(UnrepresentableElement) in
          guard positions != nil, let start = piece.baseAddress else {
            return try unsafe elementType.decode(
              bytes, isBigEndian: isBigEndian, into: target[first..<first + count].base)
          }
          try unsafe elementType.decode(bytes, isBigEndian: isBigEndian, into: start)
          for index in 0..<count { target[positions?.next() ?? 0] = unsafe start[index] }
        }
      }
    }
    try result.get()
  }
}

/// The row-major positions of elements whose first axis changes fastest.
private struct FortranPositions {
  private let sizes: [Int]
  private let strides: [Int]
  private var index: [Int]
  private var position = 0

  init(_ shape: Shape) {
    (sizes, strides) = (shape.dimensions, shape.strides)
    index = sizes.map { _ in 0 }
  }

  mutating func next() -> Int {
    let result = position
    for axis in sizes.indices {
      index[axis] += 1
      position += strides[axis]
      if index[axis] < sizes[axis] { break }
      position -= sizes[axis] * strides[axis]
      index[axis] = 0
    }
    return result
  }
}

extension NumPyArray {
  /// Writes a tensor as a `.npy` file, atomically: version 1.0, little-endian, in row-major order,
  /// with elements of NumPy's type `float32`, `float64`, `int32` or `bool`.
  ///
  /// Throws `FileError` if the file cannot be written.
  public static func write<Scalar: TensorScalar>(
    _ tensor: TensorOf<Scalar>, to file: some FileLocation
  ) throws {
    try AtomicFile.write(to: file.fileURL) { file in
      try file.write(header(of: tensor))
      try tensor.read { try file.write($0) }
    }
  }

  /// The bytes before the elements.
  static func header<Scalar: TensorScalar>(of tensor: TensorOf<Scalar>) -> [UInt8] {
    let description =
      Scalar.self == Float.self
      ? "<f4" : Scalar.self == Double.self ? "<f8" : Scalar.self == Int32.self ? "<i4" : "|b1"
    return NumPyHeader.bytes(description: description, shape: tensor.shape)
  }
}
