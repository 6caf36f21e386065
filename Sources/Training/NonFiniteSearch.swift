internal import PinionLayers
internal import PinionTensor

/// Runs a batch once more to find where numbers that are not finite come from.
struct NonFiniteSearch {
  let model: Model
  let inputs: MemoryView<Float>
  let targets: MemoryView<Float>
  let count: Int

  // MARK: The loss

  /// Where a loss that is not finite comes from, in a pass of training or of inference.
  func origin(mode: LayerPass.Mode) throws -> TrainingError.Origin {
    if let place = inputs.firstNonFinite { return .input(sample: place * count / inputs.count) }
    for entry in model.weights.entries
    where entry.isTrainable && !model.weights.view(of: entry).areFinite {
      return .parameter(entry.name)
    }
    return try keepingState {
      let workspace = try model.workspaces.workspace(
        .init(mode: mode, batch: count, loss: model.loss, keepsValues: true), pool: model.pool)
      workspace.run(
        inputs: inputs, targets: targets, seed: model.seed, step: model.optimizerState.step)
      for node in model.graph.nodes where !workspace.value(node.output).areFinite {
        return .layer(node.name)
      }
      let losses = workspace.losses()
      let sample = losses.firstNonFinite
      return sample.flatMap { badTarget(ofSample: $0) } ?? .loss
    }
  }

  /// The first target that is no class, where the loss compares classes by their numbers.
  func firstTargetOfNoClass() -> (sample: Int, value: Float)? {
    guard areClassNumbers else { return nil }
    let size = targets.count / count
    return targets.indices.first { !isClass(targets[$0]) }.map { ($0 / size, targets[$0]) }
  }

  private func badTarget(ofSample sample: Int) -> TrainingError.Origin? {
    let size = targets.count / count
    let target = targets[sample * size..<(sample + 1) * size]
    return target.array.first { !$0.isFinite || (areClassNumbers && !isClass($0)) }
      .map { .target(sample: sample, value: $0) }
  }

  private var classes: Int { model.graph.outputShape.last ?? 1 }

  /// Whether there is one target for each row of outputs.
  private var areClassNumbers: Bool {
    model.loss.comparesClasses && classes > 1
      && targets.count * classes == count * model.graph.outputShape.elementCount
  }

  private func isClass(_ value: Float) -> Bool {
    Int(exactly: value).map { (0..<classes).contains($0) } ?? false
  }

  // MARK: What follows it

  /// The parameter whose gradient stopped being finite first, and whose fault it is.
  func gradientError(_ gradients: MemoryView<Float>) throws -> TrainingError? {
    let entries = model.weights.entries.filter {
      $0.isTrainable && !gradients[$0.range].areFinite
    }
    guard let last = entries.map(\.layer.index).max(),
      let entry = entries.first(where: { $0.layer.index == last })
    else { return nil }
    return .nonFiniteGradient(
      epoch: nil, batch: nil, parameter: entry.name, sample: try sampleOfGradient())
  }

  private func sampleOfGradient() throws -> Int? {
    let samples = try gradientSizes().enumerated().filter { $0.element == .infinity }.map(\.offset)
    return samples.count < count ? samples.first : nil
  }

  /// The sample whose gradient alone is more than ten times that of every other one, if there is one.
  func sampleOfLargestGradient() throws -> Int? {
    let sizes = try gradientSizes()
    guard let sample = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) else { return nil }
    let standsOut = sizes.indices.allSatisfy { $0 == sample || sizes[$0] * 10 < sizes[sample] }
    return standsOut ? sample : nil
  }

  /// The largest magnitude in the gradient of each sample by itself; infinity if one is not finite.
  private func gradientSizes() throws -> [Float] {
    let (width, size) = (inputs.count / count, targets.count / count)
    return try keepingState {
      let workspace = try model.workspaces.workspace(
        .init(mode: .training, batch: 1, loss: model.loss, isBackward: true), pool: model.pool)
      return (0..<count).map { sample in
        workspace.run(
          inputs: inputs[sample * width..<(sample + 1) * width],
          targets: targets[sample * size..<(sample + 1) * size], seed: model.seed,
          step: model.optimizerState.step)
        let gradients = workspace.gradients
        return gradients.areFinite ? gradients.array.reduce(0) { max($0, $1.magnitude) } : .infinity
      }
    }
  }

  /// The layer's state that the forward pass spoiled. What was not finite before, as a running minimum that starts at infinity, may
  /// stay so.
  func stateError(before: MemoryView<Float>) -> TrainingError? {
    let state = model.weights.nonTrainable
    for entry in model.weights.entries where !entry.isTrainable {
      let isSpoiled = entry.range.contains {
        !state[$0].isFinite && before[$0].isFinite || state[$0].isNaN && !before[$0].isNaN
      }
      if isSpoiled {
        return .nonFiniteUpdate(
          epoch: nil, batch: nil, origin: .parameter(entry.name), sample: nil)
      }
    }
    return nil
  }

  /// The parameter that an update spoiled, or whose state in the optimizer it did.
  func originInUpdate() -> TrainingError.Origin? {
    for entry in model.weights.entries where entry.isTrainable {
      if !model.weights.view(of: entry).areFinite { return .parameter(entry.name) }
      for (slot, name) in zip(model.optimizerState.slots, model.optimizerState.slotNames)
      where !slot.view[entry.range].areFinite {
        return .optimizerState(parameter: entry.name, slot: name)
      }
    }
    return nil
  }

  /// A run in training updates moving statistics, and may spoil them.
  private func keepingState<Result>(_ body: () throws -> Result) rethrows -> Result {
    let state = AlignedBuffer(copying: model.weights.nonTrainable)
    defer { model.weights.nonTrainable.copy(from: state.view) }
    return try body()
  }
}
