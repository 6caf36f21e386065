import Pinion
import Testing

/// `Normalization(adaptedTo:)` of a data set against plain sums in double precision.
@Suite struct AdaptedNormalizationTests {
  private func dataset(_ values: [Float]) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: values, inputShape: [2, 3], targets: [Float](repeating: 0, count: values.count / 6),
      targetShape: [1])
  }

  @Test func hasTheMomentsOfEachFeature() throws {
    var values = (0..<60).map { Float(KerasFormulas.centred($0, 7)) * 3 + 40 }
    // A feature that is constant, and one that is far from 0.
    for i in values.indices where i % 3 == 1 { values[i] = 5 }
    for i in values.indices where i % 3 == 2 { values[i] += 1e4 }
    let layer = try Normalization(adaptedTo: dataset(values), name: "adapted")
    #expect(layer.axis == -1 && layer.name == "adapted")
    for c in 0..<3 {
      let own = stride(from: c, to: 60, by: 3).map { Double(values[$0]) }
      let mean = own.reduce(0, +) / 20
      let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20
      #expect(abs(Double(layer.mean[c]) - mean) <= 1e-7 * mean)
      let expected = variance == 0 ? 1 : variance
      #expect(abs(Double(layer.variance[c]) - expected) <= 1e-6 * expected)
    }
    // What it puts out has the mean 0 and the variance 1, or 0.
    let network = try Network(Sequential(input: [2, 3]) { layer }, seed: 0)
    let outputs = try Predictor(network).predict(Tensor(shape: [10, 2, 3], elements: values))
    for c in 0..<3 {
      let own = stride(from: c, to: 60, by: 3).map { Double(outputs.elements[$0]) }
      #expect(abs(own.reduce(0, +) / 20) <= (c == 2 ? 1e-3 : 1e-5))
      let square = own.reduce(0) { $0 + $1 * $1 } / 20
      #expect(abs(square - (c == 1 ? 0 : 1)) <= 1e-3)
    }
  }

  @Test func numbersAreFinite() {
    #expect(throws: ArgumentError.self) {
      try Normalization(adaptedTo: dataset([1, 2, 3, 4, .nan, 6]))
    }
  }
}
