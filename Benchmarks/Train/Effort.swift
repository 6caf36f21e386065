import ArgumentParser

/// How long and how often to measure, and on how many images.
struct Effort: ParsableArguments {
  @Option(help: "How long each measurement lasts, in seconds.")
  var seconds = 1.0

  @Option(help: "How often each measurement is repeated; the median counts.")
  var repeats = 3

  @Option(help: "The number of images to train on.")
  var images = 10_000

  func validate() throws {
    guard 0.001...3_600 ~= seconds else {
      throw ValidationError("--seconds must be between 0.001 and 3600.")
    }
    guard 1...1_000 ~= repeats else { throw ValidationError("--repeats must be 1 to 1000.") }
    guard 1...1_000_000 ~= images else { throw ValidationError("--images must be 1 to 1000000.") }
  }

  /// The options that say the same to another process.
  var arguments: [String] {
    ["--seconds", "\(seconds)", "--repeats", "\(repeats)", "--images", "\(images)"]
  }
}
