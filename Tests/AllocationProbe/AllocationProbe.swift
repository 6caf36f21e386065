import AllocationCounter
import ExampleNetworks
import Pinion

/// Counts the allocations of each training step, and of each prediction of one image, of the
/// report's networks, and prints a line for each network: its name, the most of a step, the most of
/// a prediction. A last line, `products`, gives the allocations of matrix products of many shapes.
/// With the argument `predictors`, prints instead, for networks of several kinds, the bytes of a
/// predictor after the one call of up to 64 samples that needs most, and after calls of all sizes.
@main
struct AllocationProbe {
  /// Reads the counter after each batch.
  final class Counter: Callback {
    /// Allocated once, before counting.
    private var counts = [Int](repeating: 0, count: 64)
    private var batches = 0

    func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) {
      counts[batches] = allocation_count()
      batches += 1
    }

    /// The most allocations between the ends of two batches. The first batches make what the others
    /// use: the step's memory, and the loader's two slots.
    var most: Int {
      zip(counts[2..<batches], counts[3..<batches]).map { $1 - $0 }.max() ?? -1
    }
  }

  /// The mean of p² over all probabilities: a metric that needs the softmax, which the loss does
  /// without.
  struct SquaredProbability: Metric {
    private var sum = 0.0
    private var total = 0

    var name: String { "squared_probability" }
    var higherIsBetter: Bool { true }
    var value: Double { total > 0 ? sum / Double(total) : 0 }

    mutating func reset() { (sum, total) = (0, 0) }

    mutating func add(predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int) {
      for i in predictions.indices { sum += Double(predictions[i]) * Double(predictions[i]) }
      total += predictions.count
    }
  }

  static func main() throws {
    guard CommandLine.arguments.dropFirst() != ["predictors"] else { return try printPredictors() }
    for network in ReportNetwork.allCases {
      let graph = try network.graph
      let model = try Model(
        graph, loss: .categoricalCrossEntropy, metrics: [Accuracy(), SquaredProbability()],
        threads: 2)
      let shape = graph.inputShape
      let classes = graph.outputShape.elementCount
      let batch = 12
      let inputs = Tensor.uniform(
        shape: shape.prepending(10 * batch), from: RandomStream(seed: 1, purpose: "images"))
      let data = try ArrayDataset(
        inputs: inputs, labels: (0..<10 * batch).map { $0 % classes }, classes: classes,
        encoding: .oneHot)
      let counter = Counter()
      try model.fit(data, epochs: 1, batchSize: batch, callbacks: [counter], verbose: false)

      let predictor = try Predictor(model, threads: 2)
      let image = Tensor.uniform(
        shape: shape.prepending(1), from: RandomStream(seed: 2, purpose: "image"))
      var most = 0
      for call in 0..<10 {
        let before = allocation_count()
        _ = try predictor.predict(image)
        if call > 1 { most = max(most, allocation_count() - before) }
      }
      print(network, counter.most, most)
    }
    print("products", productAllocations(), 0)
  }

  private static func printPredictors() throws {
    let small = try Sequential(input: [6, 6, 1]) {
      Conv2D(2, kernel: 3, activation: .relu)
      Flatten()
      Dense(2, activation: .softmax)
    }
    let image = Input([8, 8, 8])
    var x = image
    for _ in 0..<12 {
      x = Add()(
        Activation(.relu)(BatchNormalization()(Conv2D(8, kernel: 3, padding: .same)(x))), x)
    }
    let deep = try Graph(input: image, output: Dense(3)(GlobalAveragePooling2D()(x)))
    let networks: [(name: String, graph: Graph)] = [
      ("small", small.graph), ("deep", deep), ("cnn", try ReportNetwork.fashionMNISTCNN.graph),
    ]
    for (name, graph) in networks {
      let network = Network(graph, seed: 1)
      for threads in [1, 2] {
        /// The bytes of a predictor after calls with these numbers of samples.
        func bytes(_ sizes: some Sequence<Int>) throws -> Int {
          let before = allocated_bytes()
          let predictor = try Predictor(network, threads: threads)
          for size in sizes {
            _ = try predictor.predict(Tensor.zeros(graph.inputShape.prepending(size)))
          }
          return allocated_bytes() - before
        }
        // What is allocated once a process.
        _ = try bytes(1...64)
        let most = try (1...64).map { try bytes($0...$0) }.max() ?? 0
        print("\(name)-\(threads)", most, try bytes(1...64))
      }
    }
  }

  /// All allocations of products with every remainder of columns, few and many terms, rows as they
  /// lie and transposed, written and added.
  static func productAllocations() -> Int {
    let (rows, terms) = ([1, 2, 6, 33], [1, 8, 31, 32, 33, 100, 128, 784])
    let memory = (0..<3).map { _ in AlignedBuffer(count: 784 * 784) }
    for buffer in memory { buffer.view.fill(1) }
    let (a, b, c) = (memory[0].view.base, memory[1].view.base, memory[2].view.base)
    return ComputeScope.run {
      BLAS.gemm(m: 500, n: 500, k: 500, a: a, lda: 500, b: b, ldb: 500, c: c, ldc: 500)
      let before = allocation_count()
      for n in 1...50 {
        for m in rows {
          for k in terms {
            for beta: Float in [0, 1] {
              BLAS.gemm(m: m, n: n, k: k, a: a, lda: k, b: b, ldb: n, beta: beta, c: c, ldc: n)
              BLAS.gemm(
                .yes, .no, m: m, n: n, k: k, a: a, lda: m, b: b, ldb: n, beta: beta, c: c, ldc: n)
              BLAS.gemm(
                .no, .yes, m: m, n: n, k: k, a: a, lda: k, b: b, ldb: k, beta: beta, c: c, ldc: n)
              BLAS.gemm(
                .yes, .yes, m: m, n: n, k: k, a: a, lda: m, b: b, ldb: k, beta: beta, c: c, ldc: n)
            }
          }
        }
      }
      return allocation_count() - before
    }
  }
}
