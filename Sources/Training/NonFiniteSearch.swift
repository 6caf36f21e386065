internal import PinionData
internal import PinionLayers
internal import PinionTensor

/// Runs a batch again to find the origin of numbers that are not finite.
struct NonFiniteSearch {
  let model: Model
  let batch: Batch
  /// The workspace that ran the batch, whose ranks may have the inputs of other samples.
  let workspace: Workspace

  // MARK: Losses

  /// The origin of a loss that is not finite, in a pass of training or of inference.
  func origin(mode: LayerPass.Mode) throws -> TrainingError.Origin {
    workspace.gatherInputs()
    for input in batch.inputs {
      guard let place = input.firstNonFinite else { continue }
      return .input(sample: place * batch.count / input.count)
    }
    for entry in model.weights.entries
    where entry.isTrainable && !model.weights.view(of: entry).areFinite {
      return .parameter(entry.name)
    }
    return try keepingState {
      let workspace = try model.workspaces.workspace(
        model.request(mode: mode, batch: batch.count, keepsValues: true), pool: model.pool)
      workspace.run(batch, seed: model.seed, step: model.steps)
      for node in model.graph.nodes where !workspace.value(node.output).areFinite {
        return .layer(node.name)
      }
      for index in model.objectives.indices {
        guard let sample = workspace.losses(index).firstNonFinite else { continue }
        return invalidTarget(ofSample: sample, output: index) ?? .loss
      }
      return .loss
    }
  }

  /// The first target that the loss of its output does not take: one that is not a class index
  /// where the loss compares classes, or lies outside of the loss's range.
  func firstInvalidTarget() -> TrainingError? {
    for index in model.objectives.indices {
      let targets = batch.targets[index]
      guard let place = targets.indices.first(where: { !isValid(targets[$0], output: index) })
      else { continue }
      let sample = batch.position(ofRow: place * batch.count / targets.count)
      if let range = model.objectives[index].loss.targetRange {
        return .targetRange(sample: sample, value: targets[place], expected: range)
      }
      return .target(sample: sample, value: targets[place], classes: classes(index))
    }
    return nil
  }

  private func invalidTarget(ofSample sample: Int, output: Int) -> TrainingError.Origin? {
    let targets = batch.targets[output]
    let size = targets.count / batch.count
    return targets[sample * size..<(sample + 1) * size].array
      .first { !$0.isFinite || !isValid($0, output: output) }
      .map { .target(sample: sample, value: $0) }
  }

  private func classes(_ output: Int) -> Int { model.objectives[output].classes }

  /// Whether an output has one target for each row of values.
  private func targetsAreClasses(_ output: Int) -> Bool {
    let classes = classes(output)
    return model.objectives[output].loss.comparesClasses && classes > 1
      && batch.targets[output].count * classes
        == batch.count * model.graph.outputShapes[output].elementCount
  }

  private func isValid(_ target: Float, output: Int) -> Bool {
    if let range = model.objectives[output].loss.targetRange { return range.contains(target) }
    guard targetsAreClasses(output) else { return true }
    return Int(exactly: target).map { (0..<classes(output)).contains($0) } ?? false
  }

  // MARK: Gradients, state and updates

  /// The parameter whose gradient is the first in the backward pass that is not finite, and the
  /// sample that causes it.
  func gradientError(_ gradients: MemoryView<Float>) throws -> TrainingError? {
    let entries = model.weights.entries.filter {
      $0.isTrainable && !gradients[$0.range].areFinite
    }
    guard let last = entries.map(\.layer.index).max(),
      let entry = entries.first(where: { $0.layer.index == last })
    else { return nil }
    let sizes = try gradientSizes()
    let samples = sizes.indices.filter { sizes[$0] == .infinity }
    return .nonFiniteGradient(
      epoch: nil, batch: nil, parameter: entry.name,
      sample: samples.count < batch.count ? samples.first : nil)
  }

  /// The sample whose gradient alone exceeds ten times that of every other one, if there is one.
  func sampleOfLargestGradient() throws -> Int? {
    let sizes = try gradientSizes()
    guard let sample = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) else { return nil }
    let standsOut = sizes.indices.allSatisfy { $0 == sample || sizes[$0] * 10 < sizes[sample] }
    return standsOut ? sample : nil
  }

  /// The largest magnitude in the gradient of each sample alone; infinity if one is not finite.
  private func gradientSizes() throws -> [Float] {
    workspace.gatherInputs()
    return try keepingState {
      let workspace = try model.workspaces.workspace(
        model.request(mode: .training, batch: 1, isBackward: true), pool: model.pool)
      return (0..<batch.count).map { sample in
        workspace.run(batch[sample..<sample + 1], seed: model.seed, step: model.steps)
        let gradients = workspace.gradients
        return gradients.areFinite ? gradients.array.reduce(0) { max($0, $1.magnitude) } : .infinity
      }
    }
  }

  /// The state of a layer that the forward pass left not finite. State that was not finite before,
  /// such as a running minimum that starts at infinity, may remain so.
  func stateError(before: MemoryView<Float>) -> TrainingError? {
    let state = model.weights.nonTrainable
    for entry in model.weights.entries where !entry.isTrainable {
      let isInvalid = entry.range.contains {
        !state[$0].isFinite && before[$0].isFinite || state[$0].isNaN && !before[$0].isNaN
      }
      if isInvalid {
        return .nonFiniteUpdate(
          epoch: nil, batch: nil, origin: .parameter(entry.name), sample: nil)
      }
    }
    return nil
  }

  /// The first parameter that is not finite after an update, or whose optimizer state is not.
  func originInUpdate() -> TrainingError.Origin? {
    let optimizer = model.state.optimizer
    for entry in model.weights.entries where entry.isTrainable {
      if !model.weights.view(of: entry).areFinite { return .parameter(entry.name) }
      for (slot, name) in zip(optimizer.slots, optimizer.slotNames)
      where !slot.view[entry.range].areFinite {
        return .optimizerState(parameter: entry.name, slot: name)
      }
    }
    return nil
  }

  /// Restores the parameters that are not trainable afterwards: a pass in training changes moving
  /// statistics.
  private func keepingState<Result>(_ body: () throws -> Result) rethrows -> Result {
    let state = AlignedBuffer(copying: model.weights.nonTrainable)
    defer { model.weights.nonTrainable.copy(from: state.view) }
    return try body()
  }
}

extension Batch {
  /// Some of the samples.
  subscript(samples: Range<Int>) -> Batch {
    func rows(_ view: MemoryView<Float>) -> MemoryView<Float> {
      let size = view.count / count
      return view[samples.lowerBound * size..<samples.upperBound * size]
    }
    return Batch(
      inputs: inputs.map(rows), targets: targets.map(rows), targetShapes: targetShapes,
      weights: weights.map(rows),
      indices: indices.lowerBound + samples.lowerBound..<indices.lowerBound + samples.upperBound)
  }
}
