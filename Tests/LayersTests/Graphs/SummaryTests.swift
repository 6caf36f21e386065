import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Summaries against what Keras 3.15.1 prints.
///
/// Chains of short names are the same, character by character. Where ours differ it is on purpose:
/// - Keras's columns are as wide as the terminal lets them be, and names that do not fit are wrapped and
///   cut. Ours are as wide as Keras's on 80 columns, or as the longest cell takes.
/// - What a layer is connected to is named without Keras's numbers of calls and tensors, `[0][0]`.
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

  @Test func residualGraph() throws {
    let input = Input([8, 8, 3])
    let stem = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
    let branch = BatchNormalization()(Conv2D(16, kernel: 3, padding: .same)(stem))
    let merged = Activation(.relu)(Add()(stem, branch))
    let output = Dense(10, activation: .softmax)(Flatten()(merged))
    let graph = try Graph(input: input, output: output)
    let expected = try cells(lines("residual")).map { row in
      row.map { $0.replacing("[0][0]", with: "") }
    }
    #expect(cells(lines(of: graph)) == expected)
  }
}
