import PinionLayers
import PinionTensor
import PinionTraining
import Testing

/// The table of what a plan decides.
@Suite struct ExplainTests {
  private static func model() throws -> Model {
    try Model(
      Sequential(input: [12, 12, 16]) {
        Conv2D(16, kernel: 3, padding: .same, activation: .relu)
        Conv2D(8, kernel: 5, algorithm: .im2col)
        BatchNormalization()
        Activation(.relu)
        Flatten()
        Dense(10, activation: .softmax)
      }, threads: 1)
  }

  /// The cells of a layer's row.
  private static func cells(_ layer: String, in table: String) throws -> [String] {
    let line = try #require(table.split(separator: "\n").first { $0.hasPrefix("\(layer) (") })
    return line.split(separator: "  ").map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
  }

  @Test func trainingStep() throws {
    let table = try Self.model().explain(batchSize: 50)
    #expect(table.hasPrefix("Layer (type)"))
    let convolution = try Self.cells("conv2d", in: table)
    #expect(convolution[1...2] == ["(12, 12, 16)", "winograd"])
    // 2 · 12 · 12 · 16 outputs, each of 3 · 3 · 16 products.
    #expect(convolution.last == "0.664")
    let second = try Self.cells("conv2d_1", in: table)
    #expect(second[1...3] == ["(8, 8, 8)", "im2col", "batch"])
    #expect(second.suffix(2) == ["2.00 KB", "0.410"])
    #expect(try Self.cells("flatten", in: table) == ["flatten (Flatten)", "(512,)", "view"])
    #expect(try Self.cells("dense", in: table).last == "0.010")
    #expect(table.contains("\nForward pass of a sample: 1.083 MFLOP in matrix products\n"))
    let regions = table.split(separator: "\n").filter { $0.hasPrefix("Region ") }
    #expect(regions.count > 3)
    #expect(regions.contains { $0.contains("lanes of samples, tiles of ") })
    #expect(table.contains(" for 50 samples, "))
    #expect(!table.contains(" \n"))
  }

  @Test func prediction() throws {
    let table = try Self.model().explain(batchSize: 50, training: false)
    // The preparation, all layers before the dense one, and that with fewer lanes.
    #expect(table.split(separator: "\n").count { $0.hasPrefix("Region ") } == 3)
    #expect(try Self.cells("conv2d", in: table).contains("tile"))
    #expect(try Self.cells("batch_normalization", in: table).contains("in place"))
    #expect(table.contains(" computed from parameters\n"))
  }

  /// The time of a table is in proportion to the number of layers.
  @Test func deepNetworks() throws {
    let input = Input([4])
    var x = input
    for _ in 0..<1_000 { x = Add()(x, Activation(.tanh)(Dense(4)(x))) }
    let model = try Model(
      Graph(inputs: [input], outputs: [x]), loss: .meanSquaredError, threads: 1)
    var table = ""
    let time = try ContinuousClock().measure { table = try model.explain() }
    #expect(table.split(separator: "\n").count { $0.hasPrefix("dense") } == 1_000)
    // A search of all operations for each layer took 17 seconds.
    #expect(time < .seconds(5), "\(time)")
  }

  @Test func batchSizesAreChecked() throws {
    let model = try Self.model()
    for size in [0, -1, 1_000_001, Int.max] {
      #expect(throws: ArgumentError.self) { try model.explain(batchSize: size) }
    }
    #expect(try model.explain(batchSize: 1_000_000).contains("1000000 samples"))
  }
}
