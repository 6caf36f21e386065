internal import PinionLayers
internal import PinionMetrics
internal import PinionOptimizers
internal import PinionTensor
internal import PinionTraining

extension KerasTraining {
  /// The optimizer, losses and metrics of a `compile_config`.
  ///
  /// - Parameter outputs: The names of the outputs.
  ///
  /// Throws ``KerasError``.
  static func setup(_ config: KerasValue?, outputs: [String]) throws(KerasError) -> Setup {
    guard let config, let described = config["optimizer"] else {
      throw .notCompiled("the file has none")
    }
    let optimizer = try optimizer(described)
    let losses = perOutput(config["loss"], outputs) ?? []
    guard losses.count == outputs.count else { throw .notCompiled("loss of each output") }
    var found: [any Loss] = []
    for value in losses {
      guard let loss = loss(value) else { throw .notCompiled("loss \(value.words)") }
      found.append(loss)
    }
    let weights = perOutput(config["loss_weights"], outputs)?.compactMap(\.number)
    // One list for a single output, else a list for each.
    let given = config["metrics"]
    var metrics: [[any Metric]]?
    if let given, given != .nothing {
      let lists = outputs.count == 1 && given.members == nil ? [given] : perOutput(given, outputs)
      metrics = zip(lists ?? [], found).map { list, loss in
        (list.list ?? [list]).flatMap { $0.list ?? [$0] }.compactMap { metric($0, loss) }
      }
      if metrics?.count != outputs.count { metrics = nil }
    }
    return Setup(
      optimizer: optimizer, losses: found,
      lossWeights: weights?.count == outputs.count ? weights! : outputs.map { _ in 1 },
      metrics: metrics)
  }

  /// The values of the outputs: one for all of a single output, a list, or an object by names.
  private static func perOutput(_ value: KerasValue?, _ outputs: [String]) -> [KerasValue]? {
    guard let value, value != .nothing else { return nil }
    if let list = value.list { return list }
    if let members = value.members, members["class_name"] == nil {
      return outputs.compactMap { members[$0] }
    }
    return outputs.map { _ in value }
  }

  static func loss(_ value: KerasValue) -> (any Loss)? {
    guard let name = value.text ?? value["class_name"]?.text else { return nil }
    let config = KerasArguments(value["config"]?.members ?? [:])
    let loss = loss(
      value.text == nil && name == "function" ? value["config"]?.text ?? "" : name, config)
    let reduction = config["reduction"]?.text ?? "sum_over_batch_size"
    // The name of the class's function in files of Keras 2.
    _ = config["fn"]
    if !name.lowercased().hasPrefix("cosine") { config.require("axis", .integer(-1)) }
    guard let loss, config.finish().isEmpty else { return nil }
    switch reduction {
    case "sum_over_batch_size", "mean", "auto": return loss
    case "sum": return SummedLoss(loss)
    default: return nil
    }
  }

  private static func loss(_ name: String, _ config: KerasArguments) -> (any Loss)? {
    let smoothing = { config.number("label_smoothing", 0) }
    let fromLogits = { config.bool("from_logits", false) }
    switch name {
    case "CategoricalCrossentropy", "categorical_crossentropy":
      return CategoricalCrossEntropy(labelSmoothing: smoothing(), fromLogits: fromLogits())
    case "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy":
      return SparseCategoricalCrossEntropy.sparseCategoricalCrossEntropy(fromLogits: fromLogits())
    case "BinaryCrossentropy", "binary_crossentropy", "bce":
      return BinaryCrossEntropy(labelSmoothing: smoothing(), fromLogits: fromLogits())
    case "BinaryFocalCrossentropy", "binary_focal_crossentropy":
      return BinaryFocalCrossEntropy(
        applyClassBalancing: config.bool("apply_class_balancing", false),
        alpha: config.number("alpha", 0.25), gamma: config.number("gamma", 2),
        labelSmoothing: smoothing(), fromLogits: fromLogits())
    case "CategoricalFocalCrossentropy", "categorical_focal_crossentropy":
      return CategoricalFocalCrossEntropy(
        alpha: config.number("alpha", 0.25), gamma: config.number("gamma", 2),
        labelSmoothing: smoothing(), fromLogits: fromLogits())
    case "CosineSimilarity", "cosine_similarity":
      return CosineSimilarity(axis: config.integer("axis", -1))
    case "Huber", "huber": return Huber(delta: config.number("delta", 1))
    default:
      return plainLosses.first { $0.0 == name || $0.2.contains(name) }?.1
    }
  }

  private static func metric(_ value: KerasValue, _ loss: any Loss) -> (any Metric)? {
    // Keras 2 writes functions with their names.
    let function = value["class_name"] == "MeanMetricWrapper" ? value["config"]?["fn"] : nil
    let name = (function ?? value).text ?? value["class_name"]?.text ?? ""
    let config = KerasArguments(value["config"]?.members ?? [:])
    let own = config["name"]?.text
    switch name {
    case "accuracy", "acc", "Accuracy":
      return loss.comparesClasses
        ? Accuracy() : loss.isBinary ? BinaryAccuracy(name: "accuracy") : nil
    case "CategoricalAccuracy", "SparseCategoricalAccuracy", "categorical_accuracy",
      "sparse_categorical_accuracy":
      return Accuracy()
    case "BinaryAccuracy", "binary_accuracy":
      return BinaryAccuracy(
        threshold: config.float("threshold", 0.5), name: own ?? "binary_accuracy")
    case "RootMeanSquaredError":
      return RootMeanSquaredError(name: own ?? "root_mean_squared_error")
    default: return nil
    }
  }

  // MARK: Optimizers

  private static func optimizer(_ value: KerasValue) throws(KerasError) -> any Optimizer {
    let name = value.text ?? value["class_name"]?.text ?? ""
    let config = KerasArguments(value["config"]?.members ?? [:])
    let made = try optimizer(name, config)
    for key in ["ema_momentum", "is_legacy_optimizer"] { _ = config[key] }
    config.require("decay", 0, .number(0))
    config.require("jit_compile", .truth(true), .truth(false))
    let problems = config.finish()
    guard let made, problems.isEmpty else {
      let options = problems.isEmpty ? "" : ": " + problems.joined(separator: ", ")
      throw .notCompiled("optimizer \(name)\(options)")
    }
    return made
  }

  private static func optimizer(
    _ className: String, _ config: KerasArguments
  ) throws(KerasError) -> (any Optimizer)? {
    let rate = try learningRate(
      config["learning_rate"] ?? config["lr"], className == "SGD" ? 0.01 : 0.001)
    let decay = config["weight_decay"]?.number
    var clipping: GradientClipping?
    if let bound = config["clipvalue"]?.number { clipping = .value(bound) }
    if let bound = config["clipnorm"]?.number { clipping = .norm(bound) }
    if let bound = config["global_clipnorm"]?.number { clipping = .globalNorm(bound) }
    func variant<Variant: AdamVariant>(_ type: Variant.Type) -> Variant {
      Variant(
        learningRate: rate, beta1: config.number("beta_1", 0.9),
        beta2: config.number("beta_2", 0.999), epsilon: config.number("epsilon", 1e-7),
        weightDecay: decay, clipping: clipping)
    }
    switch className.lowercased() {
    case "sgd":
      return SGD(
        learningRate: rate, momentum: config.number("momentum", 0),
        nesterov: config.bool("nesterov", false), weightDecay: decay, clipping: clipping)
    case "adam":
      var adam = variant(Adam.self)
      adam.amsgrad = config.bool("amsgrad", false)
      return adam
    case "adamw":
      var adam = variant(AdamW.self)
      adam.amsgrad = config.bool("amsgrad", false)
      return adam
    case "adamax": return variant(Adamax.self)
    case "nadam": return variant(Nadam.self)
    case "lamb": return variant(LAMB.self)
    case "rmsprop":
      return RMSprop(
        learningRate: rate, rho: config.number("rho", 0.9), momentum: config.number("momentum", 0),
        epsilon: config.number("epsilon", 1e-7), centered: config.bool("centered", false),
        weightDecay: decay, clipping: clipping)
    case "adagrad":
      return Adagrad(
        learningRate: rate,
        initialAccumulatorValue: config.number("initial_accumulator_value", 0.1),
        epsilon: config.number("epsilon", 1e-7), weightDecay: decay, clipping: clipping)
    case "adadelta":
      return Adadelta(
        learningRate: rate, rho: config.number("rho", 0.95),
        epsilon: config.number("epsilon", 1e-7), weightDecay: decay, clipping: clipping)
    case "lion":
      return Lion(
        learningRate: rate, beta1: config.number("beta_1", 0.9),
        beta2: config.number("beta_2", 0.99), weightDecay: decay, clipping: clipping)
    default: return nil
    }
  }

  private static func learningRate(
    _ value: KerasValue?, _ standard: Double
  ) throws(KerasError) -> LearningRate {
    guard let value else { return LearningRate(standard) }
    // Keras stores rates in single precision; the shortest decimal restores the value that was set.
    if let number = value.number { return LearningRate(Double("\(Float(number))") ?? number) }
    let config = KerasArguments(value["config"]?.members ?? [:])
    let initial = { config.number("initial_learning_rate", 0.001) }
    let steps = { config.integer("decay_steps") }
    let rate: LearningRate?
    switch value["class_name"]?.text {
    case "ExponentialDecay":
      rate = .exponentialDecay(
        initialLearningRate: initial(), decaySteps: steps(),
        decayRate: config.number("decay_rate", 1), staircase: config.bool("staircase", false))
    case "InverseTimeDecay":
      rate = .inverseTimeDecay(
        initialLearningRate: initial(), decaySteps: steps(),
        decayRate: config.number("decay_rate", 1), staircase: config.bool("staircase", false))
    case "PolynomialDecay":
      rate = .polynomialDecay(
        initialLearningRate: initial(), decaySteps: steps(),
        endLearningRate: config.number("end_learning_rate", 1e-4),
        power: config.number("power", 1), cycle: config.bool("cycle", false))
    case "PiecewiseConstantDecay":
      rate = .piecewiseConstantDecay(
        boundaries: config.integers("boundaries", []),
        values: config["values"]?.list?.compactMap(\.number) ?? [])
    case "CosineDecay":
      rate = .cosineDecay(
        initialLearningRate: initial(), decaySteps: steps(), alpha: config.number("alpha", 0),
        warmupTarget: config["warmup_target"]?.number,
        warmupSteps: config.integer("warmup_steps", 0))
    case "CosineDecayRestarts":
      rate = .cosineDecayRestarts(
        initialLearningRate: initial(), firstDecaySteps: config.integer("first_decay_steps"),
        tMul: config.number("t_mul", 2), mMul: config.number("m_mul", 1),
        alpha: config.number("alpha", 0))
    default: rate = nil
    }
    guard let rate, config.finish().isEmpty else {
      throw .notCompiled("learning rate \(value.words)")
    }
    return rate
  }
}

extension KerasContents {
  /// Sets the optimizer's state to that of the file, if it has one of the model's optimizer.
  func readState(into model: Model) throws {
    let state = model.optimizerState
    let isConstant = model.optimizer.learningRate.constant != nil
    var next = 0
    func read(_ shape: Shape, _ target: MemoryView<Float>) throws -> Bool {
      guard let path = optimizerPath(next), let entry = source.entries[path],
        entry.shape == shape
      else { return false }
      next += 1
      try source.read(path, entry, into: target)
      guard target.areFinite else {
        throw FileError(
          file: source.file, place: "array \(path.debugDescription)", expected: "finite numbers",
          found: "others")
      }
      return true
    }
    let scalar = AlignedBuffer(count: 1)
    guard try read([], scalar.view) else { return }
    let step = Int(exactly: scalar.view[0]) ?? -1
    if isConstant, hasRate { guard try read([], scalar.view) else { return } }
    let slots = state.slots.map { AlignedBuffer(copying: $0.view) }
    var ranges: [String: ParameterRange] = [:]
    for parameter in state.parameters { ranges[parameter.name] = parameter }
    for group in KerasTraining.slotGroups(of: model.optimizer) {
      for name in names {
        guard let parameter = ranges[name] else { continue }
        for (slot, buffer) in zip(state.slotNames, slots) where group.contains(slot) {
          guard try read(parameter.shape, buffer.view[parameter.range]) else { return }
        }
      }
    }
    var scalars: [Double] = []
    for _ in state.scalars {
      guard try read([], scalar.view) else { return }
      scalars.append(Double(scalar.view[0]))
    }
    // SGD of Keras 2 has momenta that it does not use.
    let isComplete = optimizerPath(next).map { source.entries[$0] == nil } ?? true
    guard step >= 0, isComplete || state.slots.isEmpty else { return }
    (state.step, state.scalars) = (step, scalars)
    for (slot, buffer) in zip(state.slots, slots) { slot.view.copy(from: buffer.view) }
  }
}
