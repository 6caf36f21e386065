package import PinionTensor

/// The regularizers and constraints of a network's trainable parameters.
package final class ParameterTerms: Sendable {
  private struct Regularized: Sendable {
    let regularizer: any Regularizer
    let shape: Shape
    let range: Range<Int>
  }

  private struct Constrained: Sendable {
    let constraint: any Constraint
    let shape: Shape
    let range: Range<Int>
  }

  private final class Work: Sendable {
    let regularized: [Regularized]
    let constrained: [Constrained]
    private let penaltyBuffer: AlignedBuffer
    // Written by the caller between the pool's loops, and only read in them.
    nonisolated(unsafe) var parameters: MemoryView<Float>?
    nonisolated(unsafe) var gradients: MemoryView<Float>?

    init(_ regularized: [Regularized], _ constrained: [Constrained]) {
      self.regularized = regularized
      self.constrained = constrained
      penaltyBuffer = AlignedBuffer(count: 2 * regularized.count)
    }

    /// The penalty of each regularized parameter.
    var penalties: MemoryView<Double> { penaltyBuffer.view.rebound(to: Double.self) }

    func regularize(_ index: Int) {
      guard let parameters else { fatalError("no parameters to regularize") }
      let term = regularized[index]
      let values = parameters[term.range]
      penalties.base[index] = term.regularizer.penalty(of: values, shape: term.shape)
      guard let gradients else { return }
      term.regularizer.addGradient(
        of: values, shape: term.shape, to: gradients[term.range])
    }

    func constrain(_ index: Int) {
      guard let parameters else { fatalError("no parameters to constrain") }
      let term = constrained[index]
      term.constraint.apply(to: parameters[term.range], shape: term.shape)
    }
  }

  private let work: Work
  private let regularization: @Sendable (Int, Int) -> Void
  private let projection: @Sendable (Int, Int) -> Void

  package init(of weights: Weights) {
    var (regularized, constrained) = ([Regularized](), [Constrained]())
    for entry in weights.entries where entry.isTrainable {
      if let regularizer = entry.parameter.regularizer {
        regularized.append(
          Regularized(regularizer: regularizer, shape: entry.shape, range: entry.range))
      }
      if let constraint = entry.parameter.constraint {
        constrained.append(
          Constrained(constraint: constraint, shape: entry.shape, range: entry.range))
      }
    }
    let work = Work(regularized, constrained)
    self.work = work
    // Made once: closures passed to the pool are allocated.
    regularization = { index, _ in work.regularize(index) }
    projection = { index, _ in work.constrain(index) }
  }

  /// The sum of all penalties, in the order of the parameters. Adds their derivatives to the
  /// gradients, if there are any.
  package func penalty(
    of parameters: MemoryView<Float>, addingTo gradients: MemoryView<Float>?, pool: ThreadPool
  ) -> Double {
    guard !work.regularized.isEmpty else { return 0 }
    (work.parameters, work.gradients) = (parameters, gradients)
    pool.run(count: work.regularized.count, regularization)
    (work.parameters, work.gradients) = (nil, nil)
    var sum = 0.0
    for index in work.regularized.indices { sum += work.penalties[index] }
    return sum
  }

  /// Projects the parameters that have constraints.
  package func constrain(_ parameters: MemoryView<Float>, pool: ThreadPool) {
    guard !work.constrained.isEmpty else { return }
    work.parameters = parameters
    pool.run(count: work.constrained.count, projection)
    work.parameters = nil
  }
}
