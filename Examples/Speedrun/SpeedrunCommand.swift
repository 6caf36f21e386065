internal import ArgumentParser
internal import CommandArguments
internal import ExampleSupport
internal import Foundation
internal import Pinion
internal import PinionTensor

/// Trains on CIFAR-10 in little time.
@main
struct SpeedrunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cifar10-speedrun",
    abstract: "Train on CIFAR-10 in little time, for a test accuracy of 94 %.",
    discussion: """
      The time of training counts everything from the whitening of patches to the last update, with \
      the data in memory; reading the files and evaluating the test images do not count. The data, \
      in the layout of cifar-10-binary.tar.gz, are searched for in --data, $PINION_DATASETS and the \
      user's cache.
      """)

  @Option(help: "The seed of all random numbers.")
  var seed: UInt64 = 0

  @Option(help: "The number of epochs, also a fraction.")
  var epochs = SpeedrunRecipe().epochs

  @Option(help: "The batch size. The rest of an epoch's images is left out.")
  var batchSize = SpeedrunRecipe().batchSize

  @Option(help: "The number of threads. (default: one per core)")
  var threads: Int?

  @OptionGroup var data: DataOption

  @Option(help: "Train on the first N images only.")
  var limit: Int?

  @Flag(help: "Print how the network runs, layer by layer, and exit.")
  var explain = false

  @Flag(help: "Do not evaluate the test images.")
  var skipTest = false

  @Option(help: "Write the results to a JSON file.", completion: .file(extensions: ["json"]))
  var json: String?

  static func main() { Program.run(Self.self) }

  func validate() throws {
    try CommandLineEncoding.validate()
    try PathArgument.validate("--json", json)
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw ValidationError(message) }
    }
    try require(
      epochs > 0 && epochs <= 1_000, "--epochs must be above 0 and at most 1000, not \(epochs).")
    try require(
      (2...50_000).contains(batchSize), "--batch-size must be from 2 to 50000, not \(batchSize).")
    let most = ThreadPool.threadLimit
    try require(
      threads.map { (1...most).contains($0) } ?? true, "--threads must be from 1 to \(most).")
    try require(
      limit.map { $0 >= batchSize } ?? true, "--limit must be at least the batch size.")
    try Resources.requireAddressSpace(threads: threads ?? ThreadPool.availableCores)
  }

  func run() throws {
    var recipe = SpeedrunRecipe()
    (recipe.epochs, recipe.batchSize) = (epochs, batchSize)
    var speedrun = Speedrun(recipe: recipe, seed: seed, threads: threads)
    if explain { return print(try speedrun.explained()) }
    if let json { try AtomicFile.checkWritable(URL(fileURLWithPath: json)) }
    let (training, test) = try CIFAR10.load(from: data.folder)
    let images = training.prefix(limit ?? training.count)
    let model = try speedrun.train(on: images)
    print(
      "Trained for \(NumberText.fixed(speedrun.trainSeconds, decimals: 1)) s, "
        + "\(NumberText.fixed(speedrun.imagesPerSecond, decimals: 0)) images a second")
    if !skipTest {
      try speedrun.evaluate(model, on: test)
      let (views, single) = (speedrun.accuracy ?? .nan, speedrun.singleViewAccuracy ?? .nan)
      print(
        "Test accuracy: \(NumberText.fixed(views, decimals: 4)) over six views, "
          + "\(NumberText.fixed(single, decimals: 4)) of one")
    }
    guard let json else { return }
    let digest = try Digest.sha256(of: CIFAR10.files(in: data.folder).all)
    try SpeedrunReport(speedrun, model, images: images.count, datasetSHA256: digest)
      .write(to: URL(fileURLWithPath: json))
  }
}
