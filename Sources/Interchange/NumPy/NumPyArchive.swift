public import PinionTensor

/// A `.npz` archive of NumPy: named arrays, stored or compressed, which are read on demand.
///
/// ```swift
/// try NumPyArchive.write(
///   [.init("images", images), .init("labels", labels)], to: "data.npz", isCompressed: true)
/// let archive = try NumPyArchive(contentsOf: "data.npz")
/// let labels = try archive.array(named: "labels").tensor(as: Int32.self)
/// ```
/// The file stays open as long as the value exists.
public struct NumPyArchive: Sendable {
  /// The names of the arrays, in the order of the file.
  public let names: [String]

  private let archive: ZipArchive

  /// Opens an archive and reads its directory.
  ///
  /// Throws `FileError` if the file cannot be read, is not a valid zip file, or has members that
  /// are not arrays.
  public init(contentsOf file: some FileLocation) throws {
    let archive = try ZipArchive(FileReader(file.fileURL))
    self.archive = archive
    names = try archive.entries.map { entry throws(FileError) in
      guard entry.name.hasSuffix(Self.suffix) else {
        throw archive.error(entry, "a name that ends with \(Self.suffix)", "another member")
      }
      return String(entry.name.dropLast(Self.suffix.count))
    }
  }

  private static let suffix = ".npy"

  /// The array with a name, after its header has been read.
  ///
  /// Throws `FileError` if there is none, or its header is invalid.
  public func array(named name: String) throws -> NumPyArray {
    guard let entry = archive.entry(named: name + Self.suffix) else {
      let others = names.prefix(10).map(\.debugDescription).joined(separator: ", ")
      throw FileError(
        file: archive.reader.file, place: "array \(name.debugDescription)",
        expected: "an array of that name", found: "\(names.count) others: \(others)")
    }
    return try NumPyArray(archive, entry)
  }
}

extension NumPyArchive {
  /// A named tensor to write.
  @safe public struct Entry: Sendable {
    public let name: String
    fileprivate let header: [UInt8]
    /// Calls its argument with the elements' bytes.
    fileprivate let withBytes: @Sendable ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

    public init<Scalar: TensorScalar>(_ name: String, _ tensor: TensorOf<Scalar>) {
      self.name = name
      header = NumPyArray.header(of: tensor)
      unsafe withBytes = { body in
        try tensor.read { view in
          try unsafe body(
            UnsafeRawBufferPointer(UnsafeBufferPointer(start: view.base, count: view.count)))
        }
      }
    }
  }

  /// Writes tensors as a `.npz` archive, atomically. Equal arguments give equal bytes.
  ///
  /// - Parameters:
  ///   - entries: The tensors, with distinct names.
  ///   - file: An existing file is replaced when the new one is complete.
  ///   - isCompressed: Whether to deflate the arrays, as `numpy.savez_compressed`. Default: false.
  ///
  /// Throws `FileError` if a name is used twice or longer than 65,531 bytes, or the file cannot be
  /// written.
  public static func write(
    _ entries: [Entry], to file: some FileLocation, isCompressed: Bool = false
  ) throws {
    try write(entries, to: file, isCompressed: isCompressed, by: ZipWriter())
  }

  static func write(
    _ entries: [Entry], to file: some FileLocation, isCompressed: Bool, by zip: ZipWriter
  ) throws {
    var names: Set<[UInt8]> = []
    for entry in entries {
      let name = Array(entry.name.utf8)
      let isUnique = names.insert(name).inserted
      guard isUnique, name.count + suffix.count <= Int(UInt16.max) else {
        throw FileError(
          file: file.filePath, place: "array \(entry.name.prefix(100).debugDescription)",
          expected: "a name of its own, of at most 65,531 bytes",
          found: isUnique ? "\(name.count) bytes" : "that of another array")
      }
    }
    try AtomicFile.write(to: file.fileURL) { file in
      var zip = zip
      for entry in entries {
        try unsafe entry.header.withUnsafeBytes { header in
          try unsafe entry.withBytes { elements in
            try unsafe zip.add(
              entry.name + suffix, [header, elements], isDeflated: isCompressed, to: file)
          }
        }
      }
      try zip.finish(file)
    }
  }
}
