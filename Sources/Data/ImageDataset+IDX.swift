public import FoundationEssentials
public import PinionTensor

extension ImageDataset {
  /// Images and labels from a pair of IDX files, gzip or plain, as MNIST and its successors come.
  ///
  /// - Parameters:
  ///   - idxImages: A file of shape (N, H, W); the images become (H, W, 1).
  ///   - idxLabels: A file of shape (N,).
  ///   - classNames: One name for each class, in the order of the indices.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///   - byteLimit: The most bytes that a file may hold unpacked. Default: as ``IDXArray/init(contentsOf:rank:byteLimit:)``.
  ///
  /// Throws `FileError` if a file cannot be read or is no such IDX file, the files differ in N, or a label is not the
  /// index of a class.
  public init(
    idxImages: URL, idxLabels: URL, classNames: [String], encoding: LabelEncoding = .index,
    byteLimit: Int? = nil
  ) throws(FileError) {
    let images = try IDXArray(contentsOf: idxImages, rank: 3, byteLimit: byteLimit)
    let labels = try IDXArray(contentsOf: idxLabels, shape: [images.shape[0]])
    try self.init(
      images: images, labels: labels, from: idxLabels, classNames: classNames, encoding: encoding)
  }

  /// Images (N, H, W) and labels (N,) that were read; an error names the file of the labels.
  init(
    images: IDXArray, labels: IDXArray, from labelFile: URL, classNames: [String],
    encoding: LabelEncoding
  ) throws(FileError) {
    do throws(DatasetError) {
      try self.init(
        pixels: images.bytes, imageShape: [images.shape[1], images.shape[2], 1],
        labels: labels.bytes, classNames: classNames, encoding: encoding)
    } catch {
      throw FileError(
        file: labelFile.path, place: error.place, expected: error.expected, found: error.found)
    }
  }
}
