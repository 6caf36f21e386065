import ArgumentParser
import BenchmarkSupport
import Foundation
import Pinion

/// Measures how time and memory grow with one number at a time, and draws it.
struct ScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Measures how time and memory grow with threads, batch, image, channels and depth.",
    discussion: """
      Networks of equal 3 × 3 convolutions, a pooling and classes: four convolutions of 32 channels \
      on batches of 100 images of 32 × 32 pixels, of which one number at a time varies. Each point \
      is a process of its own. Draws the time of an image, and the peak of memory, over each number.

      The JSON file holds an array of objects: axis, value, point {threads, batch, side, channels, \
      depth}, trainMicroseconds and predictMicroseconds (of an image), peakMemoryBytes.
      """)

  @Option(help: "The number of threads, but where it varies. (default: all cores)")
  var threads: Int?

  @Option(help: "How long each measurement lasts, in seconds.")
  var seconds = 1.0

  @Option(help: "A folder for the pictures, as SVG.", completion: .directory)
  var output: String?

  @Option(help: "A file to write the results to, as JSON.", completion: .file())
  var json: String?

  func validate() throws {
    guard threads.map({ (1...1_024).contains($0) }) ?? true else {
      throw ValidationError("--threads must be between 1 and 1024.")
    }
    guard 0.001...3_600 ~= seconds else {
      throw ValidationError("--seconds must be between 0.001 and 3600.")
    }
  }

  func run() throws {
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
    if let output { try draw(results, in: URL(fileURLWithPath: output, isDirectory: true)) }
    guard let json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try AtomicFile.write(
      try encoder.encode(results) + Data("\n".utf8), to: URL(fileURLWithPath: json))
  }

  private func line(of result: ScaleResult) -> String {
    result.axis.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
      + String(
        format: "%9ld%21.1f%23.1f%12.0f", result.value, result.trainMicroseconds,
        result.predictMicroseconds, Double(result.peakMemoryBytes) / 1_048_576)
  }

  private func draw(_ results: [ScaleResult], in folder: URL) throws {
    try Folder.make(folder.path)
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
