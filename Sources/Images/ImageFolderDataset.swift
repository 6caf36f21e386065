public import FoundationEssentials
public import PinionData
public import PinionTensor
internal import Synchronization

/// The images of a folder with one subfolder per class, decoded when a sample is read.
///
/// Opening lists the files; images are decoded by the threads that assemble batches, beside
/// training, with the pixels of
/// ``ImageFolder/load(_:height:width:channels:classes:encoding:onUnreadable:transparency:appliesOrientation:pixelLimit:)``.
/// An image that cannot be decoded is a `SampleError` with its path when it is read, or skipped, as
/// the argument `onReadFailure` of `fit` says.
/// ```swift
/// let photographs = try ImageFolderDataset(folder, height: 224, width: 224, cache: .memory)
/// try model.fit(photographs, onReadFailure: .skip(limit: 10))
/// ```
public struct ImageFolderDataset: Dataset {
  /// The storage of decoded images.
  public enum Cache: Sendable {
    /// Nowhere: each is decoded in every epoch.
    case none
    /// In memory, as bytes of the requested size, from the first time that each is read.
    case memory
  }

  public let inputShape: Shape
  public let encoding: LabelEncoding
  /// Files and folders that are not part of the data.
  public let skipped: [ImageFolder.SkippedFile]
  /// Names of classes without images.
  public let emptyClasses: [String]

  private let files: [SystemPath]
  private let labels: [Int]
  private let names: [String]
  private let preparation: ImagePreparation
  private let cached: DecodedImages?

  /// Lists the images of a folder; the arguments are those of
  /// ``ImageFolder/load(_:height:width:channels:classes:encoding:onUnreadable:transparency:appliesOrientation:pixelLimit:)``,
  /// and where decoded images are kept (default: nowhere).
  ///
  /// Files whose names are not those of images are opened to see whether they are; others are first
  /// opened when they are read.
  ///
  /// - Throws: `ArgumentError` if an argument is invalid; `FileError` if the folder cannot be read,
  ///   contains no subfolder, one that is not in `classes`, no image, or a cycle of links.
  public init(
    _ directory: URL, height: Int, width: Int, channels: Int = 3, classes: [String]? = nil,
    encoding: LabelEncoding = .index, cache: Cache = .none,
    transparency: RasterImage.Transparency = .ignored, appliesOrientation: Bool = false,
    pixelLimit: Int? = nil
  ) throws {
    preparation = try ImagePreparation(
      height: height, width: width, channels: channels, transparency: transparency,
      appliesOrientation: appliesOrientation, pixelLimit: pixelLimit)
    try ImageFolder.check(classes)
    let listing = try ImageFolderListing(SystemPath(directory), classes: classes)
    var (files, labels, skipped) = ([SystemPath](), [Int](), listing.skipped)
    for (label, folder) in listing.classes.enumerated() {
      for file in folder.files {
        // A file that cannot be opened is reported when it is read.
        if !ImageSignature.isImage(named: "\(file)"),
          let reader = try? FileReader(file), let signature = try? ImageSignature(reader),
          !signature.isImage
        {
          skipped.append(ImageFolder.SkippedFile(file: "\(file)", reason: "not an image"))
          continue
        }
        files.append(file)
        labels.append(label)
      }
    }
    guard !files.isEmpty else {
      throw FileError(
        file: "\(try SystemPath(directory))", place: "classes", expected: "at least one image",
        found: "none")
    }
    let full = Set(labels)
    names = listing.classes.map(\.name)
    emptyClasses = listing.classes.indices.filter { !full.contains($0) }.map {
      listing.classes[$0].name
    }
    self.files = files
    self.labels = labels
    self.skipped = skipped
    self.encoding = encoding
    inputShape = [height, width, channels]
    cached = cache == .memory ? DecodedImages(count: files.count) : nil
  }

  public var count: Int { files.count }
  public var targetShape: Shape { encoding.targetShape(classes: names.count) }
  public var classNames: [String]? { names }
  /// 0…1.
  public var valueRange: ClosedRange<Float>? { 0...1 }
  /// The path of the image.
  public func source(of index: Int) -> String? { "\(files[index])" }

  /// Writes an image, (H, W, C), each byte v as v / 255. Throws `FileError` if it cannot be
  /// decoded.
  public func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    let kept = cached?[index]
    let pixels = try kept ?? preparation.pixels(of: FileReader(files[index]))
    if kept == nil { cached?[index] = pixels }
    unsafe pixels.withUnsafeBytes { unsafe PixelKernel.scale($0, into: view) }
  }

  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    encoding.write(labels[index], into: view)
  }
}

/// Decoded images by their index, shared by threads.
private final class DecodedImages: Sendable {
  private let images: Mutex<[[UInt8]?]>

  init(count: Int) { images = Mutex([[UInt8]?](repeating: nil, count: count)) }

  subscript(index: Int) -> [UInt8]? {
    get { images.withLock { $0[index] } }
    set { images.withLock { $0[index] = newValue } }
  }
}
