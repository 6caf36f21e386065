public import FoundationEssentials
public import PinionData
internal import PinionTensor

/// Images in a folder that has a subfolder for each class, `FOLDER/CLASS/IMAGE`, as PNG or JPEG files.
public enum ImageFolder {
  /// What to do about a broken image, or one of another kind.
  public enum UnreadablePolicy: Sendable {
    /// Leave it out and list it with the reason.
    case collect
    /// Throw the reason for the first.
    case fail
  }

  /// Reads all images.
  ///
  /// Without `classes`, the classes are the names of the subfolders in the order of their UTF-8 bytes, an empty one
  /// included, as in Keras. Data to evaluate on are to have the classes of the data that a network was trained on, whatever
  /// folders there are: `classes: model.classNames`. Names that differ only in how accents are composed are one class. A byte of
  /// a name that is not UTF-8 appears as `\xE9`.
  ///
  /// The images of a class come in the order of their names' bytes, those in subfolders included. Whether a file is a
  /// PNG or a JPEG tells its content, not its name. Hidden files, what operating systems leave in folders and files that are no images
  /// are skipped, and listed with the reason.
  ///
  /// An image is stretched to the size asked for, each axis on its own: where it shrinks, a pixel is
  /// the average over the area that it covers; where it grows, linear between the centers of the two
  /// nearest ones. Colors become gray by ITU-R BT.601's weights 0.299, 0.587 and 0.114, as in JPEG. Pixels are the
  /// stored samples of ``RasterImage``.
  ///
  /// - Parameters:
  ///   - directory: The folder with the subfolders.
  ///   - height: The height to make all images, in pixels.
  ///   - width: The width likewise.
  ///   - channels: 1 for gray, 3 for RGB. Default: 3.
  ///   - classes: The classes' names in the order of their indices. One without a folder has no images. Default:
  ///     the subfolders' names.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///     Default: the index.
  ///   - onUnreadable: What to do about unreadable images. Default: list them.
  ///   - transparency: What becomes of opacity. Default: it is ignored, as in Keras and TensorFlow.
  ///   - appliesOrientation: Whether to turn photographs as their EXIF data say. Default: no, as in Keras and TensorFlow.
  ///   - pixelLimit: The greatest number of pixels in a file, checked before memory is spent on them.
  ///     Default: 2²⁴ and 16 more for each byte of the file, in as much memory as 56 MiB and the file's size.
  ///
  /// Throws `ArgumentError` if an argument makes no sense, `FileError` if the folder cannot be read, has
  /// no subfolders, one that is none of `classes`, no readable image, or links lead round in a circle.
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
            skipped.append(SkippedFile(file: "\(file)", reason: "no image"))
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
        file: "\(try SystemPath(directory))", place: "the classes",
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

  private static func check(_ classes: [String]?) throws(ArgumentError) {
    guard let classes else { return }
    guard !classes.isEmpty else {
      throw ArgumentError(place: "the classes", expected: "at least one name", found: "none")
    }
    var names: Set<String> = []
    for (index, name) in classes.enumerated() where !names.insert(name).inserted {
      throw ArgumentError(
        place: "class \(index)", expected: "a name of its own", found: name.debugDescription)
    }
  }
}
