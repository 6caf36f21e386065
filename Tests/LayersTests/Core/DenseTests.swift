import PinionTensor
import Testing

@testable import PinionLayers

/// Dense layers against their twin in double precision, within 10⁻⁵ (see `relativeError`).
@Suite struct DenseTests {
  @Test(arguments: [1, 3, 7, 16, 33, 784], [1, 3, 7, 16, 33]) func equalsItsTwin(
    width: Int, units: Int
  ) throws {
    for (batch, rows) in [(1, 1), (2, 1), (33, 1), (33, 5), (100, 1)] {
      try compare(width: width, units: units, batch: batch, rows: rows)
    }
  }

  /// A kernel of 1 MiB has longer lanes. Up to 128 rows, its panels are packed in the products,
  /// which leave short lanes for bias and activation.
  @Test(arguments: [(8, 1), (33, 4), (100, 4), (200, 8)]) func largeKernel(
    batch: Int, lanes: Int
  ) throws {
    for (width, units) in [(512, 512), (530, 500), (4100, 65), (65, 4100)] {
      try compare(width: width, units: units, batch: batch, rows: 1)
    }
    try compare(width: 512, units: 512, batch: batch / 8, rows: 8)
    let graph = try Sequential(input: [512]) { Dense(512) }.graph
    let runs = [1, 2, 3, 5].map { GraphRun(graph, batch: batch, threads: $0) }
    let expected = BLAS.prefersPanels && batch == 100 ? 16 : lanes
    for run in runs {
      run.run()
      #expect(run.workspace.plan.rankLimit == expected && run.bits == runs[0].bits)
    }
  }

  private func compare(width: Int, units: Int, batch: Int, rows: Int) throws {
    for usesBias in [true, false] {
      let shape: Shape = rows == 1 ? [width] : [rows, width]
      let graph = try Sequential(input: shape) { Dense(units, usesBias: usesBias) }.graph
      let run = GraphRun(graph, batch: batch, threads: 2)
      run.workspace.gradients.fill(.nan)
      run.run()
      let place = "\(batch)×\(shape) → \(units)"
      let (x, kernel) = (
        run.inputs.view.array.map(Double.init), run.parameter("/kernel").map(Double.init)
      )
      let bias = usesBias ? run.parameter("/bias").map(Double.init) : zeros(units)
      let (dy, count) = (run.outputGradient, batch * rows)
      var (y, dx) = (zeros(count * units), zeros(count * width))
      var (kernelGradient, biasGradient) = (zeros(width * units), zeros(units))
      let twin = NaiveDense(inputs: width, units: units)
      twin.forward(x, kernel: kernel, bias: bias, output: &y, rows: count)
      twin.backward(
        x, kernel: kernel, outputGradient: dy, kernelGradient: &kernelGradient,
        biasGradient: &biasGradient, inputGradient: &dx, rows: count)
      #expect(relativeError(run.outputs, y) <= 1e-5, "output of \(place)")
      #expect(relativeError(run.inputGradient, dx) <= 1e-5, "input's gradient of \(place)")
      #expect(
        relativeError(run.gradient("/kernel"), kernelGradient) <= 1e-5,
        "kernel's gradient of \(place)")
      if usesBias {
        // The terms may cancel; they are as large as dy.
        #expect(
          relativeError(run.gradient("/bias"), biasGradient, floor: norm(dy)) <= 1e-5,
          "bias's gradient of \(place)")
      }
    }
  }

  private func zeros(_ count: Int) -> [Double] { Array(repeating: 0, count: count) }
}
