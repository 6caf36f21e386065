public import FoundationEssentials
public import PinionData
public import PinionTensor

/// Reads PNG and JPEG files from a folder with one subfolder per class: `FOLDER/CLASS/IMAGE`.
///
/// ``ImageFolderDataset`` decodes them while training instead, for folders larger than memory.
public enum ImageFolder {
  /// The handling of images that cannot be decoded.
  public enum UnreadablePolicy: Sendable {
    /// Skips them and lists their errors.
    case collect
    /// Throws the first error.
    case fail
  }

  /// Reads all images of a folder.
  ///
  /// Without `classes`, the class names are the subfolders' names, in the order of their UTF-8
  /// bytes, including empty ones, as in Keras. For evaluation, pass the classes of the training
  /// data (`classes: model.classNames`), so that indices agree even if folders are missing. Names
  /// that differ only in Unicode normalization are one class. Bytes of names that are not UTF-8
  /// appear as `\xE9`.
  ///
  /// The images of a class, including those in nested folders, are in the order of their names'
  /// bytes. The format is detected from the contents. Hidden files, operating-system files (such as
  /// `__MACOSX` and `Thumbs.db`) and files that are not images are skipped and listed with a
  /// reason.
  ///
  /// Images are resampled to the requested size, each axis separately: by area averaging when
  /// shrinking, by linear interpolation between pixel centers when enlarging. RGB becomes gray with
  /// the weights of ITU-R BT.601: 0.299, 0.587 and 0.114. Pixels are the stored samples, as in
  /// ``RasterImage``.
  ///
  /// - Parameters:
  ///   - directory: The folder with the subfolders.
  ///   - height: The height of all images in pixels.
  ///   - width: The width of all images in pixels.
  ///   - channels: 1 for gray, 3 for RGB. Default: 3.
  ///   - classes: Class names in the order of their indices. Classes without a folder have no
  ///     images. Default: the subfolders' names.
  ///   - encoding: Targets as class indices of shape (1) or as one-hot vectors of shape (classes).
  ///     Default: indices.
  ///   - onUnreadable: The handling of unreadable images. Default: they are skipped and listed.
  ///   - transparency: The handling of alpha channels. Default: they are ignored, as in Keras and
  ///     TensorFlow.
  ///   - appliesOrientation: Whether to apply the EXIF orientation. Default: false, as in Keras and
  ///     TensorFlow.
  ///   - pixelLimit: The largest number of pixels of a file, checked before memory is allocated.
  ///     Default: 2²⁴ plus 16 per byte of the file, with at most 56 MiB plus the file's size in
  ///     memory.
  ///
  /// - Throws: `ArgumentError` if an argument is invalid; `FileError` if the folder cannot be read,
  ///   contains no subfolder, one that is not in `classes`, no readable image, or a cycle of links.
  public static func load(
    _ directory: URL, height: Int, width: Int, channels: Int = 3, classes: [String]? = nil,
    encoding: LabelEncoding = .index, onUnreadable: UnreadablePolicy = .collect,
    transparency: RasterImage.Transparency = .ignored, appliesOrientation: Bool = false,
    pixelLimit: Int? = nil
  ) throws -> Contents {
    let preparation = try ImagePreparation(
      height: height, width: width, channels: channels, transparency: transparency,
      appliesOrientation: appliesOrientation, pixelLimit: pixelLimit)
    try check(classes)
    let listing = try ImageFolderListing(SystemPath(directory), classes: classes)
    var (pixels, labels): ([UInt8], [Int]) = ([], [])
    var (unreadable, skipped) = ([FileError](), listing.skipped)
    pixels.reserveCapacity(
      listing.classes.reduce(0) { $0 + $1.files.count } * preparation.byteCount)
    for (label, folder) in listing.classes.enumerated() {
      for file in folder.files {
        do throws(FileError) {
          let reader = try FileReader(file)
          guard try ImageSignature(reader).isImage || ImageSignature.isImage(named: "\(file)")
          else {
            skipped.append(SkippedFile(file: "\(file)", reason: "not an image"))
            continue
          }
          pixels += try preparation.pixels(of: reader)
          labels.append(label)
        } catch {
          if onUnreadable == .fail { throw error }
          unreadable.append(error)
        }
      }
    }
    guard !labels.isEmpty else {
      throw FileError(
        file: "\(try SystemPath(directory))", place: "classes",
        expected: "at least one readable image",
        found: unreadable.first.map { "\(unreadable.count) unreadable, the first: \($0.found)" }
          ?? "none")
    }
    let names = listing.classes.map(\.name)
    let full = Set(labels)
    return Contents(
      dataset: try ImageDataset(
        pixels: pixels, imageShape: [height, width, channels], labels: labels, classNames: names,
        encoding: encoding),
      unreadable: unreadable, skipped: skipped,
      emptyClasses: names.indices.filter { !full.contains($0) }.map { names[$0] })
  }

  static func check(_ classes: [String]?) throws(ArgumentError) {
    guard let classes else { return }
    guard !classes.isEmpty else {
      throw ArgumentError(place: "classes", expected: "at least one name", found: "none")
    }
    var names: Set<String> = []
    for (index, name) in classes.enumerated() where !names.insert(name).inserted {
      throw ArgumentError(
        place: "class \(index)", expected: "a unique name", found: name.debugDescription)
    }
  }
}

extension ImageFolder {
  /// The contents of a folder.
  public struct Contents: Sendable {
    public let dataset: ImageDataset

    /// The errors of images that could not be decoded.
    public let unreadable: [FileError]

    /// Files and folders that were skipped.
    public let skipped: [SkippedFile]

    /// Names of classes without images.
    public let emptyClasses: [String]
  }

  /// A file or folder that is not part of the data.
  public struct SkippedFile: Sendable, Equatable, CustomStringConvertible {
    /// The path, with bytes that are not UTF-8 as `\xE9`.
    public let file: String

    public let reason: String

    /// One line, control characters escaped.
    public var description: String { PrintableText.escaped("\(file): \(reason)") }
  }
}
