public import FoundationEssentials
public import PinionData
public import PinionTensor

/// Images in a folder that has a subfolder for each class, `FOLDER/CLASS/IMAGE`, as PNG or JPEG files.
public enum ImageFolder {
  /// What to do about a file that is no image, or a broken one.
  public enum UnreadablePolicy: Sendable {
    /// Leave it out and list it with the reason.
    case collect
    /// Throw the reason for the first.
    case fail
  }

  /// Reads all images.
  ///
  /// The classes are the names of the subfolders in the order of their bytes, the images of a class
  /// likewise, those in subfolders of it included. What is hidden, with a name that begins with a dot,
  /// does not count. Whether a file is a PNG or a JPEG tells its content, not its name.
  ///
  /// An image is stretched to the size asked for, each axis on its own: where it shrinks, a pixel is
  /// the average over the area that it covers; where it grows, linear between the centres of the two
  /// nearest ones. Colours become grey by ITU-R BT.601's weights 0.299, 0.587 and 0.114, as in JPEG.
  /// Transparent PNGs lie on white; 16 bits a channel become 8. An orientation noted in a photograph's
  /// EXIF data is not applied.
  ///
  /// - Parameters:
  ///   - directory: The folder with the subfolders.
  ///   - height: The height to make all images, in pixels.
  ///   - width: The width likewise.
  ///   - channels: 1 for grey, 3 for RGB. Default: 3.
  ///   - encoding: Whether a target is the class index, shape `(1,)`, or one-hot, shape `(classes,)`.
  ///     Default: the index.
  ///   - onUnreadable: What to do about unreadable files. Default: list them.
  ///   - pixelLimit: The greatest number of pixels in a file, checked before memory is spent on them.
  ///     Default: 2²⁶.
  ///
  /// Throws `DatasetError` if an argument makes no sense, `FileError` if the folder cannot be read, has
  /// no subfolders, one of them holds no readable image, or links lead round in a circle.
  public static func load(
    _ directory: URL, height: Int, width: Int, channels: Int = 3,
    encoding: LabelEncoding = .index, onUnreadable: UnreadablePolicy = .collect,
    pixelLimit: Int = 1 << 26
  ) throws -> (dataset: ImageDataset, unreadable: [FileError]) {
    let size = try imageSize(height: height, width: width, channels: channels)
    let classes = try ImageFolderListing(directory).classes
    let decoder = ImageDecoder(pixelLimit: pixelLimit)
    var (pixels, labels): ([UInt8], [Int]) = ([], [])
    var unreadable: [FileError] = []
    pixels.reserveCapacity(classes.reduce(0) { $0 + $1.files.count } * size)
    for (label, folder) in classes.enumerated() {
      let before = labels.count
      for file in folder.files {
        do throws(FileError) {
          let image = try decoder.decode(file).converted(channels: channels)
          pixels += image.resized(height: height, width: width).bytes
          labels.append(label)
        } catch {
          if onUnreadable == .fail { throw error }
          unreadable.append(error)
        }
      }
      if labels.count == before {
        throw FileError(
          file: folder.url.path, place: "class \(folder.name.debugDescription)",
          expected: "at least one readable image",
          found: folder.files.isEmpty
            ? "no files"
            : "\(folder.files.count) unreadable, the first: \(unreadable.last?.found ?? "")")
      }
    }
    let dataset = try ImageDataset(
      pixels: pixels, imageShape: [height, width, channels], labels: labels,
      classNames: classes.map(\.name), encoding: encoding)
    return (dataset, unreadable)
  }

  /// The bytes of an image.
  private static func imageSize(
    height: Int, width: Int, channels: Int
  ) throws(DatasetError) -> Int {
    guard channels == 1 || channels == 3 else {
      throw DatasetError(place: "the channels", expected: "1 or 3", found: "\(channels)")
    }
    let sides = 1...ImageDecoder.sideLimit
    guard sides.contains(height), sides.contains(width) else {
      throw DatasetError(
        place: "the size of the images", expected: "sides of 1...\(ImageDecoder.sideLimit)",
        found: "\(height)×\(width)")
    }
    return height * width * channels
  }
}
