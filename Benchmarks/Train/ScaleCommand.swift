import ArgumentParser
import BenchmarkSupport
import CommandArguments
import ExampleSupport
import Foundation
import Pinion

/// Measures how time and memory scale with one parameter at a time, and draws charts.
struct ScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Measures how time and memory scale with threads, batch, image, channels and depth.",
    discussion: """
      The network has four 3 × 3 convolutions of 32 channels, a pooling and a dense layer, with \
      batches of 100 images of 32 × 32 pixels; one of these parameters is varied at a time. Each \
      point runs in a separate process. Draws the time per image and the peak memory.

      The JSON file holds an array of objects: axis, value, point {threads, batch, side, channels, \
      depth}, trainMicroseconds and predictMicroseconds (of an image), peakMemoryBytes.
      """)

  @Option(help: "The number of threads, but where it varies. (default: all cores)")
  var threads: Int?

  @Option(help: "The duration of each measurement in seconds.")
  var seconds = 1.0

  @Option(help: "A folder for the pictures, as SVG.", completion: .directory)
  var output: String?

  @Option(help: "Write the results to a JSON file.", completion: .file())
  var json: String?

  func validate() throws {
    guard threads.map({ (1...1_024).contains($0) }) ?? true else {
      throw ValidationError("--threads must be from 1 to 1024.")
    }
    guard 0.001...3_600 ~= seconds else {
      throw ValidationError("--seconds must be from 0.001 to 3600.")
    }
    try PathArgument.validate("--output", output)
    try PathArgument.validateWritable("--json", json)
  }

  func run() throws {
    let pictures = output.map { URL(fileURLWithPath: $0, isDirectory: true) }
    if let pictures { try Folder.make(pictures.path) }
    print(Machine.description)
    print("axis         value   training, µs/image   prediction, µs/image   peak, MiB")
    var results: [ScaleResult] = []
    for axis in ScaleAxis.allCases {
      for (value, point) in axis.points(threads: threads ?? ThreadPool.availableCores) {
        let output = try OwnProgram.run(
          ["measure-scale", axis.rawValue, "\(value)"] + point.arguments
            + ["--seconds", "\(seconds)"])
        let result = try JSONDecoder().decode(ScaleResult.self, from: output)
        print(line(of: result))
        fflush(nil)
        results.append(result)
      }
    }
    if let pictures { try draw(results, in: pictures) }
    guard let json else { return }
    try JSONFile.write(results, to: URL(fileURLWithPath: json))
  }

  private func line(of result: ScaleResult) -> String {
    result.axis.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
      + String(
        format: "%9ld%21.1f%23.1f%12.0f", result.value, result.trainMicroseconds,
        result.predictMicroseconds, Double(result.peakMemoryBytes) / 1_048_576)
  }

  private func draw(_ results: [ScaleResult], in folder: URL) throws {
    for axis in ScaleAxis.allCases {
      let results = results.filter { $0.axis == axis }
      guard results.count > 1 else { continue }
      let x = results.map { Double($0.value) }
      let time = LineChart(
        [
          .init("training", x: x, y: results.map(\.trainMicroseconds)),
          .init("prediction", x: x, y: results.map(\.predictMicroseconds)),
        ], xTitle: axis.title, yTitle: "µs an image")
      try time.drawing.write(to: folder.appending(path: "\(axis.rawValue)-time.svg"))
      let memory = LineChart(
        [.init("peak", x: x, y: results.map { Double($0.peakMemoryBytes) / 1_048_576 })],
        xTitle: axis.title, yTitle: "MiB")
      try memory.drawing.write(to: folder.appending(path: "\(axis.rawValue)-memory.svg"))
    }
  }
}

/// Measures one point and prints JSON; `scale` runs it as a process.
struct MeasureScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure-scale", abstract: "Measures one point and prints it as JSON.",
    shouldDisplay: false)

  @Argument(help: "The parameter to vary.") var axis: String
  @Argument(help: "Its value.") var value: Int
  @Argument(help: "Threads, batch, side, channels, depth.") var numbers: [Int]
  @Option(help: "The duration of each measurement in seconds.") var seconds = 1.0

  func validate() throws {
    guard ScaleAxis(rawValue: axis) != nil, numbers.count == 5,
      numbers.allSatisfy({ (1...100_000).contains($0) }), numbers[0] <= 1_024
    else {
      throw ValidationError("Expected a parameter, its value, and five numbers from 1 to 100000.")
    }
    guard 0.001...3_600 ~= seconds else {
      throw ValidationError("--seconds must be from 0.001 to 3600.")
    }
  }

  func run() throws {
    guard let axis = ScaleAxis(rawValue: axis) else { return }
    let point = ScalePoint(arguments: numbers)
    let subject = try Subject(
      point.definition.graph, batch: point.batch, threads: point.threads, images: 8 * point.batch)
    let result = ScaleResult(
      axis: axis, value: value, point: point,
      trainMicroseconds: 1e6 / (try subject.trainingRate(seconds: seconds)),
      predictMicroseconds: 1e6 / (try subject.predictionRate(seconds: seconds)),
      peakMemoryBytes: PeakMemory.bytes)
    print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
  }
}
