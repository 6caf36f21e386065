internal import PinionLayers
internal import PinionTensor

/// Runs a batch once more to find where a loss that is not finite comes from.
struct NonFiniteSearch {
  let model: Model
  let inputs: MemoryView<Float>
  let targets: MemoryView<Float>
  let count: Int

  func error() throws -> TrainingError {
    .nonFiniteLoss(epoch: nil, batch: nil, origin: try origin())
  }

  private func origin() throws -> TrainingError.Origin {
    if let place = firstNonFinite(inputs) { return .input(sample: place * count / inputs.count) }
    for entry in model.weights.entries
    where entry.isTrainable && firstNonFinite(model.weights.view(of: entry)) != nil {
      return .parameter(entry.name)
    }
    // The run updates moving statistics, and may spoil them.
    let state = AlignedBuffer(copying: model.weights.nonTrainable)
    defer { model.weights.nonTrainable.copy(from: state.view) }
    let workspace = try model.workspaces.workspace(
      .init(mode: .training, batch: count, loss: model.loss, keepsValues: true), pool: model.pool)
    workspace.run(
      inputs: inputs, targets: targets, seed: model.seed, step: model.optimizerState.step)
    for (index, node) in model.graph.nodes.enumerated()
    where firstNonFinite(workspace.value(ofNode: index)) != nil {
      return .layer(node.name)
    }
    let losses = workspace.losses
    guard let sample = losses.indices.first(where: { !losses[$0].isFinite }) else { return .loss }
    let size = targets.count / count
    let target = targets[sample * size..<(sample + 1) * size]
    let classes = model.graph.outputShape.last ?? 1
    for value in target.array
    where !value.isFinite || (size == 1 && classes > 1 && !isClass(value, of: classes)) {
      return .target(sample: sample, value: value)
    }
    return .loss
  }

  private func isClass(_ value: Float, of classes: Int) -> Bool {
    Int(exactly: value).map { (0..<classes).contains($0) } ?? false
  }

  private func firstNonFinite(_ view: MemoryView<Float>) -> Int? {
    view.indices.first { !view[$0].isFinite }
  }
}
