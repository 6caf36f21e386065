import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Summaries against what Keras 3.15.1 prints.
///
/// Chains of short names are the same, character by character. Where ours differ it is on purpose:
/// - Keras's columns are as wide as the terminal lets them be, and names that do not fit are
///   wrapped and cut. Ours are as wide as Keras's on 80 columns, or as the longest cell takes.
/// - What a layer is connected to is named without those of Keras's numbers of uses and outputs,
///   `[0][0]`, that are the same for all layers of one use and one output.
@Suite struct SummaryTests {
  struct Printed: Decodable {
    let name: String
    let lines: [String]
  }

  private func lines(_ name: String) throws -> [String] {
    let all = try Fixture.load("summaries", as: [Printed].self)
    return try #require(all.first { $0.name == name }).lines
  }

  private func lines(of model: some ModelDefinition) -> [String] {
    model.graph.summary().split(separator: "\n").map(String.init)
  }

  /// The cells of the table's rows, without padding and rules; other lines as one cell.
  private func cells(_ lines: [String]) -> [[String]] {
    lines.filter { !$0.contains("━") && !$0.contains("─") }.map { line in
      let parts = line.split { $0 == "│" || $0 == "┃" }
      return parts.map { part in
        String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
    }
  }

  @Test func multilayerPerceptron() throws {
    let model = try Sequential(input: [28, 28, 1]) {
      Flatten()
      for units in [32, 64, 128, 256] { Dense(units, activation: .relu) }
      Dense(10, activation: .softmax)
    }
    #expect(try lines(of: model) == lines("mlp"))
  }

  @Test func convolutionalNetwork() throws {
    let model = try Sequential(input: [28, 28, 1]) {
      Conv2D(32, kernel: 3, padding: .same, activation: .relu)
      Conv2D(32, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D()
      Conv2D(64, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D()
      Flatten()
      Dense(10, activation: .softmax)
    }
    #expect(try lines(of: model) == lines("cnn"))
  }

  @Test func sizesAreRoundedAsPythonDoes() throws {
    let model = try Sequential(input: [9]) { Dense(32, usesBias: false) }
    #expect(try lines(of: model) == lines("tie"))
    #expect(Graph.size(0) == "0.00 B")
    #expect(Graph.size(1_023) == "1023.00 B")
    #expect(Graph.size(1_024) == "1.00 KB")
    #expect(Graph.size(3 * 1_024 + 384) == "3.38 KB")
    #expect(Graph.size(3 * 1_024 + 128) == "3.12 KB")
    #expect(Graph.size(5 << 40) == "5.00 TB")
  }

  @Test func longNamesWidenTheirColumn() throws {
    let leaky = LeakyReLU(negativeSlope: 0.1)
    let model = try Sequential(input: [28, 28, 1]) {
      BatchNormalization(axis: 1)
      Conv2D(32, kernel: 3, padding: .same, activation: leaky)
      BatchNormalization(axis: 1)
      Conv2D(64, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(0.25)
      BatchNormalization(axis: 1)
      Conv2D(64, kernel: 2, padding: .same, activation: leaky)
      MaxPool2D()
      Dropout(0.25)
      BatchNormalization(axis: 1)
      Conv2D(64, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D(padding: .same)
      Dropout(0.25)
      Flatten()
      BatchNormalization()
      Dense(32, activation: leaky)
      Dropout(0.25)
      Dense(10, activation: .softmax)
    }
    let ours = lines(of: model)
    #expect(try cells(ours) == cells(lines("personal")))
    let widths = Set(ours.dropFirst().dropLast(3).map(\.count))
    #expect(widths == [1 + 44 + 1 + 24 + 1 + 15 + 1])
  }

  /// Keras's `name[use][output]` with the zeros left out that are the same for every layer of one
  /// output.
  private func shortened(_ cells: [[String]]) -> [[String]] {
    cells.map { row in
      row.map { cell in
        cell.split(separator: ", ", omittingEmptySubsequences: false).map { part in
          guard part.hasSuffix("][0]"), !part.hasPrefix("fork") else { return String(part) }
          let use = part.dropLast(3)
          return String(use.hasSuffix("[0]") ? use.dropLast(3) : use)
        }.joined(separator: ", ")
      }
    }
  }

  /// Two inputs, three outputs, nested graphs, one of them frozen and used twice, and a shared
  /// layer.
  static func several() throws -> Graph {
    let (left, right) = (Input([8], name: "left"), Input([8], name: "right"))
    let backbone = try Sequential(input: [8], name: "backbone") {
      Dense(4, name: "wide")
      Dense(3, name: "narrow")
    }
    let entry = Input([3], name: "entry")
    let hidden = Dense(2, name: "hidden")(entry)
    let fork = try Graph(
      inputs: [entry], outputs: [hidden, Dense(5, name: "last")(hidden)], name: "fork")
    let (first, second) = (backbone(left), backbone(right))
    let shared = Dense(3, name: "shared")
    let twice = shared(shared(first))
    let total = Add(name: "total")(second, twice, shared(second))
    return try Graph(
      inputs: [left, right], outputs: [total] + fork.outputs(for: [twice]), name: "several"
    ).freezing("backbone")
  }

  @Test func severalInputsAndOutputs() throws {
    let graph = try Self.several()
    // Keras orders the rows by their distance from the outputs, we as layers were called.
    func sorted(_ rows: [[String]]) -> [String] { rows.map { $0.joined(separator: "|") }.sorted() }
    #expect(try sorted(cells(lines(of: graph))) == sorted(shortened(cells(lines("several")))))
    let expanded = graph.summary(expandingNested: true).split(separator: "\n").map(String.init)
    #expect(
      try sorted(cells(expanded)) == sorted(shortened(cells(lines("several, expanded")))))
    #expect(graph.parameterCounts == (86, 35, 51))
  }

  @Test func frozenLayers() throws {
    let images = Input([8], name: "images")
    let output = Dense(2, name: "head")(
      BatchNormalization(name: "frozen")(Dense(4, name: "base")(images)))
    let graph = try Graph(input: images, output: output, name: "normalized").freezing("frozen")
    #expect(try cells(lines(of: graph)) == cells(lines("normalized")))
  }

  @Test func residualGraph() throws {
    let input = Input([8, 8, 3])
    let stem = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
    let branch = BatchNormalization()(Conv2D(16, kernel: 3, padding: .same)(stem))
    let merged = Activation(.relu)(Add()(stem, branch))
    let output = Dense(10, activation: .softmax)(Flatten()(merged))
    let graph = try Graph(input: input, output: output)
    #expect(try cells(lines(of: graph)) == shortened(cells(lines("residual"))))
  }
}
