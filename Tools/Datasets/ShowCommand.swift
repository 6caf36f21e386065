internal import ArgumentParser
internal import CommandArguments
internal import Foundation
internal import Pinion
internal import PinionDownload

/// Draws a contact sheet.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Draw a contact sheet of images of each class.",
    discussion: """
      A file that ends in .svg gets the classes' names; in a .png the classes are rows, or with one \
      image each ten a row, in the order that is printed.
      """)

  @Argument(help: "The data set.")
  var name: DatasetSource

  @Option(help: "The picture to write.", completion: .file(extensions: ["png", "svg"]))
  var output: String

  @Option(help: "How many images, in equal parts of each class.")
  var count = 100

  @Flag(help: "Show test images instead of training images.")
  var test = false

  @Option(
    help: ArgumentHelp(
      "A random change as in training, once for each; in their order. \(AugmentationArgument.help)",
      valueName: "change"), transform: { try AugmentationArgument(parsing: $0) })
  var augment: [AugmentationArgument] = []

  @Option(help: "What random changes depend on.")
  var seed: UInt64 = 0

  @OptionGroup var data: DataOption

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count must be positive.") }
    guard ["png", "svg"].contains(file.pathExtension) else {
      throw ValidationError("--output must end in .png or .svg.")
    }
  }

  private var file: URL { URL(fileURLWithPath: output) }

  func run() throws {
    let loaded = try name.load(from: data.folder)
    let images = test ? loaded.test : loaded.train
    let sheet = ContactSheet(
      of: images, limit: count, augmentation: Augmentation(augment.map(\.step)), seed: seed)
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
