import FoundationEssentials
import PinionTensor
import PinionTraining
import RandomNetworks

/// Runs random networks. `random-networks train FIRST COUNT` takes two training steps and two
/// predictions of each, with one to three threads, for use with sanitizers; `random-networks export
/// FIRST COUNT FOLDER` exports networks and results for comparison with Keras, and
/// `random-networks layers FOLDER` the layers of the table.
@main
struct RandomNetworksProbe {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "layers", arguments.count == 2 {
      return try LayerExport.write(to: URL(filePath: arguments.last ?? ""))
    }
    let numbers = arguments.dropFirst().prefix(2).compactMap { Int($0) }
    guard numbers.count == 2, numbers.allSatisfy({ $0 >= 0 }) else { usage() }
    let range = numbers[0]..<numbers[0] + numbers[1]
    switch (arguments.first, arguments.count) {
    case ("train", 3): try train(range)
    case ("export", 4): try export(range, to: URL(filePath: arguments.last ?? ""))
    default: usage()
    }
  }

  private static func usage() -> Never {
    fatalError(
      "usage: random-networks train FIRST COUNT | export FIRST COUNT FOLDER | layers FOLDER")
  }

  private static func train(_ numbers: Range<Int>) throws {
    for number in numbers {
      let network = try RandomNetwork(number)
      do {
        _ = try NetworkTrial(
          network, inputs: network.makeInputs(), targets: network.makeTargets(),
          threads: 1 + number % 3)
      } catch let error as TrainingError where error.isNonFinite {
        // A step may leave the range of floats, as with exponentials in the last layer.
        print("network \(number): \(error)")
      }
      let done = number - numbers.lowerBound + 1
      if done % 500 == 0 || done == numbers.count { print("\(done) networks") }
    }
  }

  private static func export(_ numbers: Range<Int>, to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for number in numbers { try NetworkExport(RandomNetwork(number))?.write(to: folder) }
  }
}
