package import PinionData
package import PinionLayers
internal import PinionOptimizers
package import PinionTensor

extension Model {
  /// Computes the losses of a batch and makes one update. Returns the workspace, which holds the
  /// losses and outputs from before the update.
  ///
  /// - Parameters:
  ///   - batch: The samples.
  ///   - observe: Called with the outputs and gradients before clipping and update; if it throws,
  ///     no update is made.
  ///
  /// Throws ``TrainingError`` if a loss, a gradient or the state of a layer is not finite, and what
  /// `observe` throws; the model is then as before. Throws ``TrainingError`` too if the update
  /// overflows; the model is then as before only if a gradient reached 10¹⁸ or the learning rate
  /// exceeded 10⁶. A learning rate that is none, of a schedule of one's own, is refused before.
  @discardableResult
  package func trainStep(
    _ batch: Batch, observe: (Workspace) throws -> Void = { _ in }
  ) throws -> Workspace {
    try requireLearningRate()
    let (workspace, mayOverflow) = try backpropagate(batch, observe: observe)
    try update(
      by: workspace.gradients, mayOverflow: mayOverflow,
      NonFiniteSearch(model: self, batch: batch, workspace: workspace))
    return workspace
  }

  /// Computes the losses and gradients of a batch, the penalties included, and whether an update by
  /// them may overflow. If it throws, the model is as before.
  func backpropagate(
    _ batch: Batch, observe: (Workspace) throws -> Void = { _ in }
  ) throws -> (workspace: Workspace, mayOverflow: Bool) {
    let workspace = try workspaces.workspace(
      request(mode: .training, batch: batch.count, isBackward: true), pool: pool,
      ranks: ranks(forBatch: batch.count))
    nonTrainableBefore.view.copy(from: weights.nonTrainable)
    workspace.run(batch, seed: seed, step: steps)
    lastPenalty =
      terms.penalty(of: weights.trainable, addingTo: workspace.gradients, pool: pool)
      + workspace.activityPenalty
    let search = NonFiniteSearch(model: self, batch: batch, workspace: workspace)
    do {
      let isHuge = try requireFinite(workspace, search)
      try observe(workspace)
      return (workspace, isHuge || learningRate > Self.hugeLearningRate)
    } catch {
      weights.nonTrainable.copy(from: nonTrainableBefore.view)
      throw error
    }
  }

  /// As ``trainStep(_:observe:)``, for a batch of one input and one target.
  @discardableResult
  package func trainStep(
    inputs: MemoryView<Float>, targets: MemoryView<Float>, count: Int,
    observe: (Workspace) throws -> Void = { _ in }
  ) throws -> Workspace {
    try trainStep(
      Batch(
        inputs: [inputs], targets: [targets], targetShapes: [[targets.count / count]],
        indices: 0..<count), observe: observe)
  }

  /// A plan request for the model's losses.
  func request(
    mode: LayerPass.Mode = .inference, batch: Int, isBackward: Bool = false,
    keepsValues: Bool = false
  ) -> Plan.Request {
    Plan.Request(
      mode: mode, batch: batch, losses: outputLosses, isBackward: isBackward,
      wantsProbabilities: metricsReadProbabilities && !keepsValues, keepsValues: keepsValues)
  }

  /// Gradients and learning rates above which an update may overflow, so that everything it changes
  /// is copied first: optimizers square gradients, and 10³⁶ is near the largest float.
  private static let hugeGradient: Float = 1e18
  private static let hugeLearningRate = 1e6

  /// Makes an update by finite gradients of any origin. Throws ``TrainingError`` if it overflows;
  /// the model is then as before.
  func update(by gradients: MemoryView<Float>) throws {
    try requireLearningRate()
    let before = UpdateSnapshot(weights.trainable, state.optimizer)
    applyUpdate(by: gradients)
    guard !state.optimizer.isFinite else { return }
    before.restore(weights.trainable, state.optimizer)
    throw TrainingError.nonFiniteUpdate(epoch: nil, batch: nil, origin: .loss, sample: nil)
  }

  /// Throws unless the learning rate of the next update is one.
  private func requireLearningRate() throws(TrainingError) {
    try Self.require(learningRate: learningRate)
  }

  static func require(learningRate rate: Double) throws(TrainingError) {
    guard !(rate >= 0 && rate.isFinite) else { return }
    throw TrainingError.argument(
      "the learning rate", expected: "0 or more, finite", found: "\(rate)")
  }

  private func applyUpdate(by gradients: MemoryView<Float>) {
    state.optimizer.apply(
      optimizer, parameters: weights.trainable, gradients: gradients,
      learningRate: state.learningRateOverride, pool: pool)
    terms.constrain(weights.trainable, pool: pool)
  }

  /// Throws ``TrainingError`` if the update overflows.
  private func update(
    by gradients: MemoryView<Float>, mayOverflow: Bool, _ search: NonFiniteSearch
  ) throws {
    let before = mayOverflow ? UpdateSnapshot(weights.trainable, state.optimizer) : nil
    applyUpdate(by: gradients)
    guard !state.optimizer.isFinite, let origin = search.originInUpdate() else { return }
    guard let before else {
      throw TrainingError.nonFiniteUpdate(epoch: nil, batch: nil, origin: origin, sample: nil)
    }
    before.restore(weights.trainable, state.optimizer)
    weights.nonTrainable.copy(from: nonTrainableBefore.view)
    throw TrainingError.nonFiniteUpdate(
      epoch: nil, batch: nil, origin: origin, sample: try search.sampleOfLargestGradient())
  }

  /// Throws ``TrainingError`` unless losses, gradients and the state of layers are finite. Returns
  /// whether a gradient is huge.
  private func requireFinite(_ workspace: Workspace, _ search: NonFiniteSearch) throws -> Bool {
    guard areLossesFinite(workspace), lastPenalty.isFinite else {
      weights.nonTrainable.copy(from: nonTrainableBefore.view)
      throw TrainingError.nonFiniteLoss(
        epoch: nil, batch: nil, origin: try search.origin(mode: .training))
    }
    let isHuge = !state.optimizer.areBelow(Self.hugeGradient, workspace.gradients, pool: pool)
    if isHuge, !workspace.gradients.areFinite {
      weights.nonTrainable.copy(from: nonTrainableBefore.view)
      if let error = try search.gradientError(workspace.gradients) { throw error }
    }
    if !weights.nonTrainable.areFinite,
      let error = search.stateError(before: nonTrainableBefore.view)
    {
      throw error
    }
    return isHuge
  }

  private func areLossesFinite(_ workspace: Workspace) -> Bool {
    objectives.indices.allSatisfy { workspace.meanLoss($0).isFinite }
  }

  /// Throws ``TrainingError`` unless the updated weights give the batch finite losses.
  ///
  /// In the middle of an epoch, the next step detects such weights; after the last step, only this
  /// check does.
  func requireFiniteLoss(_ batch: Batch) throws {
    let workspace = try workspaces.workspace(
      request(batch: batch.count), pool: pool, ranks: ranks(forBatch: batch.count))
    workspace.run(batch)
    guard areLossesFinite(workspace) else {
      throw TrainingError.nonFiniteUpdate(
        epoch: nil, batch: nil,
        origin: try NonFiniteSearch(model: self, batch: batch, workspace: workspace)
          .origin(mode: .inference),
        sample: nil)
    }
  }
}

extension Workspace {
  /// Runs the plan on a batch.
  func run(_ batch: Batch, seed: UInt64 = 0, step: Int = 0) {
    run(
      inputs: batch.inputs, targets: batch.targets, sampleWeights: batch.weights, seed: seed,
      step: step)
  }
}
