internal import FoundationEssentials
public import PinionTensor

/// Labeled images in IDX or CIFAR files, which are read from the files sample by sample, so that
/// the data may be larger than memory.
///
/// The labels are in memory, a byte each; the files, which must not change, are cached by the
/// system as memory allows. They are read at offsets, not mapped: a file that is truncated while in
/// use causes a ``SampleError``, whereas access to a truncated mapping would end the process.
public struct ImageFileDataset: Dataset {
  /// (H, W, C).
  public let inputShape: Shape
  public let encoding: LabelEncoding
  public let count: Int

  private let files: [RecordFile]
  private let planes: Int
  private let indices: ClassIndices
  private let names: [String]

  /// Images of equal size in a file, at equal distances.
  private struct RecordFile: Sendable {
    let reader: FileReader
    /// The index of the first image, and the number of images.
    let first, count: Int
    /// The offset of the first image, and the distance between images.
    let start, stride: Int
  }

  /// A pair of uncompressed IDX files, the format of MNIST; ``ImageDataset`` reads gzip files too.
  ///
  /// - Parameters:
  ///   - idxImages: A file of shape (N, H, W); images have the shape (H, W, 1).
  ///   - idxLabels: A file of shape (N,).
  ///   - classNames: One name for each class, in the order of the indices.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape
  ///     `(classes,)`.
  ///
  /// Throws `FileError` if a file cannot be read, is compressed or not such an IDX file, the files
  /// differ in N, or a label is not the index of a class.
  public init(
    idxImages: some FileLocation, idxLabels: some FileLocation, classNames: [String],
    encoding: LabelEncoding = .index
  ) throws(FileError) {
    let header = try GzipReader(idxImages.fileURL)
    guard !header.isPacked else {
      throw FileError(
        file: header.path, place: "the file", expected: "one that gzip has not packed",
        found: "a packed one")
    }
    let shape = try IDXArray.readShape(from: header, rank: 3)
    let reader = try FileReader(idxImages.fileURL)
    let start = 4 + 4 * shape.rank
    let size = Shape(Array(shape.dropFirst())).checkedElementCount
    guard let size, shape[0] > 0, shape.checkedElementCount == reader.size - start else {
      throw FileError(
        file: reader.file, place: "the elements", expected: "as many bytes as \(shape) says",
        found: "\(max(0, reader.size - start))")
    }
    let labels = try IDXArray(contentsOf: idxLabels, shape: [shape[0]])
    try self.init(
      [RecordFile(reader: reader, first: 0, count: shape[0], start: start, stride: size)],
      imageShape: [shape[1], shape[2], 1], planes: 1, labels: labels.bytes, classNames: classNames,
      encoding: encoding
    ) { label in (idxLabels.filePath, "label \(label)") }
  }

  /// Records as those of CIFAR's binary files: for each image its label bytes, then the planes of
  /// its channels.
  ///
  /// - Parameters:
  ///   - files: At least one.
  ///   - imageShape: (H, W, C). Default: (32, 32, 3).
  ///   - labelBytes: The number of label bytes in a record, 1 in CIFAR-10 and 2 in CIFAR-100.
  ///     Default: 1.
  ///   - label: Which of them is the label, from 0. Default: the last.
  ///   - classNames: One name for each class, in the order of the indices.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape
  ///     `(classes,)`.
  ///
  /// Reads all labels. Throws `FileError` if a file cannot be read, does not hold whole records, or
  /// has a label that is not the index of a class; `ArgumentError` if there is no file or a number
  /// is invalid.
  public init(
    cifarRecords files: [some FileLocation], imageShape: Shape = [32, 32, 3], labelBytes: Int = 1,
    label: Int? = nil, classNames: [String], encoding: LabelEncoding = .index
  ) throws {
    let size = try ArgumentError.elementCount(of: imageShape, named: "image shape")
    let label = label ?? labelBytes - 1
    guard imageShape.rank == 3, (1...255).contains(labelBytes), (0..<labelBytes).contains(label),
      !files.isEmpty, size <= .max - labelBytes
    else {
      throw ArgumentError(
        place: "the records", expected: "files of images (H, W, C) after 1...255 label bytes",
        found: "\(files.count) files of \(imageShape), label \(label) of \(labelBytes)")
    }
    let stride = labelBytes + size
    var (records, labels): ([RecordFile], [UInt8]) = ([], [])
    for file in files {
      let reader = try FileReader(file.fileURL)
      guard reader.size > 0, reader.size.isMultiple(of: stride) else {
        throw FileError(
          file: reader.file, place: "the size",
          expected: "whole records of \(stride) bytes, at least one", found: "\(reader.size)")
      }
      let first = labels.count
      let count = reader.size / stride
      records.append(
        RecordFile(
          reader: reader, first: first, count: count, start: labelBytes, stride: stride))
      labels.append(contentsOf: repeatElement(0, count: count))
      try unsafe labels.withUnsafeMutableBytes { bytes in
        for record in 0..<count {
          try unsafe reader.read(
            at: record * stride + label,
            into: UnsafeMutableRawBufferPointer(rebasing: bytes[first + record...first + record]),
            place: "the label of record \(record)")
        }
      }
    }
    try self.init(
      records, imageShape: imageShape, planes: imageShape[2], labels: labels,
      classNames: classNames, encoding: encoding
    ) { index in
      let file = records.last { $0.first <= index } ?? records[0]
      return (file.reader.file, "the label of record \(index - file.first)")
    }
  }

  /// - Parameter place: The file and the place of a label, for errors.
  private init(
    _ files: [RecordFile], imageShape: Shape, planes: Int, labels: [UInt8], classNames: [String],
    encoding: LabelEncoding, place: (Int) -> (file: String, place: String)
  ) throws(FileError) {
    if let index = labels.firstIndex(where: { $0 >= classNames.count }) {
      let (file, place) = place(index)
      throw FileError(
        file: file, place: place, expected: "0...\(classNames.count - 1)",
        found: "\(labels[index])")
    }
    self.files = files
    self.planes = planes
    self.encoding = encoding
    inputShape = imageShape
    count = labels.count
    names = classNames
    indices = ClassIndices(labels, classes: classNames.count)
  }

  public var targetShape: Shape { encoding.targetShape(classes: names.count) }
  public var classNames: [String]? { names }
  /// 0…1.
  public var valueRange: ClosedRange<Float>? { 0...1 }

  /// The path of the file and the number of the image in it.
  public func source(of index: Int) -> String? {
    let (file, record) = place(of: index)
    return "\(file.reader.file), image \(record)"
  }

  /// Writes an image, (H, W, C), each byte v as v / 255. Throws `FileError` if it cannot be read.
  public func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    let (file, record) = place(of: index)
    try unsafe withUnsafeTemporaryAllocation(byteCount: view.count, alignment: 1) { bytes in
      try unsafe file.reader.read(
        at: file.start + record * file.stride, into: bytes, place: "image \(record)")
      unsafe PixelKernel.scale(UnsafeRawBufferPointer(bytes), planes: planes, into: view)
    }
  }

  public func prefetch(at index: Int) {
    let (file, record) = place(of: index)
    file.reader.prefetch(at: file.start + record * file.stride, count: inputShape.elementCount)
  }

  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    encoding.write(indices[index], into: view)
  }

  private func place(of index: Int) -> (file: RecordFile, record: Int) {
    require(index >= 0 && index < count, "image \(index) of \(count)")
    var (low, high) = (0, files.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if files[middle].first <= index { low = middle } else { high = middle - 1 }
    }
    return (files[low], index - files[low].first)
  }
}
