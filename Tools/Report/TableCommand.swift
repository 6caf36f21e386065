internal import ArgumentParser
internal import Foundation
internal import PinionTensor

/// Prints a Markdown table of the results of several runs, a row a network.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table", abstract: "Print a table of results, with mean and spread over seeds.",
    discussion: "The files are those of the examples' --json option.")

  @Argument(help: "The files of results.", completion: .file(extensions: ["json"]))
  var files: [String]

  /// What the table shows of a run.
  private struct Results: Decodable {
    struct Test: Decodable { let loss, accuracy: Double }
    struct Parameters: Decodable { let total: Int }
    struct History: Decodable { let loss: [Double] }

    let dataset, model: String
    let seed: UInt64
    let parameters: Parameters
    let test: Test
    let history: History
    let trainSeconds: Double
  }

  func run() throws {
    let decoder = JSONDecoder()
    // As the examples write them.
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    var order: [String] = []
    var runs: [String: [Results]] = [:]
    for file in files {
      let results: Results
      do {
        let reader = try FileReader(URL(fileURLWithPath: file))
        results = try decoder.decode(
          Results.self, from: Data(reader.bytes(0..<reader.size, place: "results")))
      } catch let error as DecodingError {
        let words = error.words
        throw ValidationError(
          "\(PrintableText.escaped(file)) is not a file of results: "
            + "\(words.place): expected \(words.expected), found \(words.found)")
      }
      let name = "\(results.dataset) \(results.model)"
      if runs[name] == nil { order.append(name) }
      runs[name, default: []].append(results)
    }
    print("| network | parameters | seeds | test accuracy | test loss | epochs | minutes |")
    print("|---|---|---|---|---|---|---|")
    for name in order {
      let results = runs[name, default: []].sorted { $0.seed < $1.seed }
      print(
        "| \(PrintableText.escaped(name)) | \(NumberText.grouped(results[0].parameters.total))",
        results.map { "\($0.seed)" }.joined(separator: ", "),
        Self.summary(results.map(\.test.accuracy)), Self.summary(results.map(\.test.loss)),
        results.map { "\($0.history.loss.count)" }.joined(separator: ", "),
        results.map { NumberText.fixed($0.trainSeconds / 60, decimals: 1) }.joined(separator: ", "),
        separator: " | ", terminator: " |\n")
    }
  }

  /// The mean and, of several values, the standard deviation with n − 1 in the denominator.
  private static func summary(_ values: [Double]) -> String {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let text = NumberText.fixed(mean, decimals: 4)
    guard count > 1 else { return text }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return text + " ± " + NumberText.fixed((squares / (count - 1)).squareRoot(), decimals: 4)
  }
}
