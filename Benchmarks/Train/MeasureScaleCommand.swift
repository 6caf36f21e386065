import ArgumentParser
import ExampleSupport
import Foundation

/// Measures one point and prints it as JSON: what `scale` starts a process for.
struct MeasureScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure-scale", abstract: "Measures one point and prints it as JSON.",
    shouldDisplay: false)

  @Argument(help: "The axis.") var axis: String
  @Argument(help: "The number that grows.") var value: Int
  @Argument(help: "Threads, batch, side, channels, depth.") var numbers: [Int]
  @Option(help: "How long each measurement lasts, in seconds.") var seconds = 1.0

  func validate() throws {
    guard ScaleAxis(rawValue: axis) != nil, numbers.count == 5,
      numbers.allSatisfy({ (1...100_000).contains($0) }), numbers[0] <= 1_024
    else {
      throw ValidationError("An axis, its number, and five numbers from 1 to 100000.")
    }
    guard 0.001...3_600 ~= seconds else {
      throw ValidationError("--seconds must be from 0.001 to 3600.")
    }
  }

  func run() throws {
    guard let axis = ScaleAxis(rawValue: axis) else { return }
    let point = ScalePoint(arguments: numbers)
    let subject = try Subject(
      point.definition, batch: point.batch, threads: point.threads, images: 8 * point.batch)
    let result = ScaleResult(
      axis: axis, value: value, point: point,
      trainMicroseconds: 1e6 / (try subject.trainingRate(seconds: seconds)),
      predictMicroseconds: 1e6 / (try subject.predictionRate(seconds: seconds)),
      peakMemoryBytes: PeakMemory.bytes)
    print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
  }
}
