internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import Pinion
internal import PinionDownload

/// Writes a contact sheet.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Write a contact sheet with images of each class.",
    discussion: """
      SVG files contain class names. PNG files contain one row per class, or ten classes per row \
      with one image each, in the order that is printed.
      """)

  @Argument(help: "The data set.")
  var name: DatasetSource

  @Option(help: "The image file to write.", completion: .file(extensions: ["png", "svg"]))
  var output: String

  @Option(help: "The number of images, distributed evenly over the classes.")
  var count = 100

  @Flag(help: "Show test images instead of training images.")
  var test = false

  @Option(
    help: ArgumentHelp(
      "An augmentation step; repeat the option for several. \(AugmentationArgument.help)",
      valueName: "step"), transform: { try AugmentationArgument(parsing: $0) })
  var augment: [AugmentationArgument] = []

  @Option(help: "The seed of the augmentation.")
  var seed: UInt64 = 0

  @OptionGroup var data: DataOption

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count must be positive.") }
    guard ["png", "svg"].contains(file.pathExtension) else {
      throw ValidationError("--output must end in .png or .svg.")
    }
    try augment.validate()
  }

  private var file: URL { URL(fileURLWithPath: output) }

  func run() throws {
    let loaded = try name.load(from: data.folder)
    let images = test ? loaded.test : loaded.train
    try augment.validate(
      inputShape: images.inputShape, targetShape: images.oneHot().targetShape)
    let sheet = ContactSheet(
      of: images, limit: count, augmentation: Augmentation(augment.compactMap(\.step)), seed: seed)
    let grid = SampleGrid(try sheet.samples())
    if file.pathExtension == "svg" {
      try grid.drawing.write(to: file)
    } else {
      try PNG.write(grid.image, to: file)
      print(PrintableText.escaped((images.classNames ?? []).joined(separator: ", ")))
    }
    print("\(name.title): contact sheet written to \(PrintableText.escaped(file.path))")
  }
}

/// The first images of each class, optionally augmented.
struct ContactSheet {
  private let dataset: ImageDataset
  private let limit: Int
  private let augmentation: Augmentation
  private let seed: UInt64

  init(of dataset: ImageDataset, limit: Int, augmentation: Augmentation, seed: UInt64) {
    self.dataset = dataset
    self.limit = limit
    self.augmentation = augmentation
    self.seed = seed
  }

  /// - Throws: `ArgumentError` if the augmentation is not applicable to the images.
  func samples() throws -> [ClassSamples] {
    let names = dataset.classNames ?? []
    let perClass = max(1, limit / max(1, names.count))
    guard !augmentation.steps.isEmpty else {
      return ClassSamples.first(of: dataset, limit: perClass)
    }
    // Mixing steps require one-hot targets.
    let augmented = try dataset.oneHot().augmented(by: augmentation, seed: seed)
    var samples = names.map { ClassSamples($0, images: []) }
    let shape = dataset.inputShape
    let input = AlignedBuffer(count: shape.elementCount)
    let target = AlignedBuffer(count: augmented.targetShape.elementCount)
    let sample = SampleView(input: input.view, target: target.view)
    let scratch = AlignedBuffer(count: augmented.scratchCount)
    for (index, label) in dataset.labels.enumerated()
    where samples[label].images.count < perClass {
      try augmented.copySample(at: index, epoch: 0, into: sample, scratch: scratch.view)
      samples[label].images.append(
        PixelImage(
          width: shape[1], height: shape[0], channels: shape[2],
          bytes: input.view.array.map { UInt8(max(0, min(255, ($0 * 255).rounded()))) }))
    }
    return samples
  }
}
