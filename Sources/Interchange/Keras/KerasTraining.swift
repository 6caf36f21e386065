internal import PinionLayers
internal import PinionMetrics
internal import PinionOptimizers
internal import PinionTraining

/// Optimizers, schedules and losses as Keras describes them.
enum KerasTraining {
  /// A decoded `compile_config`.
  struct Setup {
    var optimizer: any Optimizer
    var losses: [any Loss]
    var lossWeights: [Double]
    var metrics: [[any Metric]]?
  }

  // MARK: Writing

  /// The `compile_config` of a model; nil if Keras lacks the optimizer or a loss.
  static func describe(_ model: Model) -> KerasValue? {
    guard let optimizer = describe(model.optimizer, learningRate: model.learningRate, model.steps)
    else { return nil }
    var losses: [KerasValue] = []
    for objective in model.objectives {
      guard let loss = describe(objective.loss) else { return nil }
      losses.append(loss)
    }
    let isSingle = losses.count == 1
    let metrics = model.objectives.map { objective in
      KerasValue.list(objective.metrics.compactMap { describe($0) })
    }
    return .object([
      "optimizer": optimizer, "loss": isSingle ? losses[0] : .list(losses),
      "loss_weights": isSingle && model.objectives[0].weight == 1
        ? .nothing : .list(model.objectives.map { .number($0.weight) }),
      "metrics": isSingle ? metrics[0] : .list(metrics), "weighted_metrics": .nothing,
    ])
  }

  private static func describe(_ metric: any Metric) -> KerasValue? {
    switch metric {
    case is Accuracy: "accuracy"
    // Keras refuses other thresholds, such as that of logits.
    case let metric as BinaryAccuracy where metric.threshold > 0 && metric.threshold < 1:
      .object(
        "BinaryAccuracy", in: "keras.metrics",
        ["name": .text(metric.name), "threshold": .float(metric.threshold)])
    case let metric as RootMeanSquaredError:
      .object("RootMeanSquaredError", in: "keras.metrics", ["name": .text(metric.name)])
    default: nil
    }
  }

  static func describe(_ loss: any Loss) -> KerasValue? {
    if let summed = loss as? SummedLoss {
      guard let value = describe(summed.base), var config = value["config"]?.members else {
        return nil
      }
      config["reduction"] = "sum"
      return .object(value["class_name"]?.text ?? "", in: "keras.losses", config)
    }
    func object(_ name: String, _ config: [String: KerasValue] = [:]) -> KerasValue {
      .object(name, in: "keras.losses", config)
    }
    switch loss {
    case let loss as CategoricalCrossEntropy:
      return object(
        "CategoricalCrossentropy",
        ["from_logits": .truth(loss.fromLogits), "label_smoothing": .number(loss.labelSmoothing)])
    case let loss as SparseCategoricalCrossEntropy:
      return loss.labelSmoothing == 0
        ? object("SparseCategoricalCrossentropy", ["from_logits": .truth(loss.fromLogits)]) : nil
    case let loss as BinaryCrossEntropy:
      return object(
        "BinaryCrossentropy",
        ["from_logits": .truth(loss.fromLogits), "label_smoothing": .number(loss.labelSmoothing)])
    case let loss as BinaryFocalCrossEntropy:
      return object(
        "BinaryFocalCrossentropy",
        [
          "apply_class_balancing": .truth(loss.applyClassBalancing), "alpha": .number(loss.alpha),
          "gamma": .number(loss.gamma), "from_logits": .truth(loss.fromLogits),
          "label_smoothing": .number(loss.labelSmoothing),
        ])
    case let loss as CategoricalFocalCrossEntropy:
      return object(
        "CategoricalFocalCrossentropy",
        [
          "alpha": .number(loss.alpha), "gamma": .number(loss.gamma),
          "from_logits": .truth(loss.fromLogits), "label_smoothing": .number(loss.labelSmoothing),
        ])
    case let loss as CosineSimilarity:
      return object("CosineSimilarity", ["axis": .integer(loss.axis)])
    case let loss as Huber: return object("Huber", ["delta": .number(loss.delta)])
    default:
      return plainLosses.first { type(of: $0.1) == type(of: loss) }.map { object($0.0) }
    }
  }

  /// Losses without hyperparameters, with their names besides that of the class.
  static let plainLosses: [(String, any Loss, [String])] = [
    ("KLDivergence", KLDivergence(), ["kl_divergence", "kld"]), ("Hinge", Hinge(), ["hinge"]),
    ("SquaredHinge", SquaredHinge(), ["squared_hinge"]),
    ("CategoricalHinge", CategoricalHinge(), ["categorical_hinge"]),
    ("MeanSquaredError", MeanSquaredError(), ["mean_squared_error", "mse"]),
    ("MeanAbsoluteError", MeanAbsoluteError(), ["mean_absolute_error", "mae"]),
    (
      "MeanAbsolutePercentageError", MeanAbsolutePercentageError(),
      ["mean_absolute_percentage_error", "mape"]
    ),
    (
      "MeanSquaredLogarithmicError", MeanSquaredLogarithmicError(),
      ["mean_squared_logarithmic_error", "msle"]
    ),
    ("LogCosh", LogCosh(), ["log_cosh", "logcosh"]), ("Poisson", Poisson(), ["poisson"]),
  ]

  private static func describe(
    _ optimizer: any Optimizer, learningRate: Double, _ step: Int
  ) -> KerasValue? {
    guard optimizer.parameterRules.isEmpty else { return nil }
    var config: [String: KerasValue] = [:]
    // A rate that was set replaces the schedule.
    if abs(optimizer.learningRate.rate(at: step) - learningRate) > 1e-12 {
      config["learning_rate"] = .number(learningRate)
    } else {
      guard let rate = describe(optimizer.learningRate) else { return nil }
      config["learning_rate"] = rate
    }
    config["weight_decay"] = .optional(optimizer.weightDecay)
    switch optimizer.clipping {
    case .value(let bound)?: config["clipvalue"] = .number(bound)
    case .norm(let bound)?: config["clipnorm"] = .number(bound)
    case .globalNorm(let bound)?: config["global_clipnorm"] = .number(bound)
    case nil: break
    }
    func object(_ name: String, _ own: [String: KerasValue]) -> KerasValue {
      .object(name, in: "keras.optimizers", config.merging(own) { $1 })
    }
    func betas(_ optimizer: some AdamVariant) -> [String: KerasValue] {
      [
        "beta_1": .number(optimizer.beta1), "beta_2": .number(optimizer.beta2),
        "epsilon": .number(optimizer.epsilon),
      ]
    }
    switch optimizer {
    case let optimizer as SGD:
      return object(
        "SGD",
        ["momentum": .number(optimizer.momentum), "nesterov": .truth(optimizer.nesterov)])
    case let optimizer as Adam:
      return object("Adam", betas(optimizer).merging(["amsgrad": .truth(optimizer.amsgrad)]) { $1 })
    case let optimizer as AdamW:
      return object(
        "AdamW", betas(optimizer).merging(["amsgrad": .truth(optimizer.amsgrad)]) { $1 })
    case let optimizer as Adamax: return object("Adamax", betas(optimizer))
    case let optimizer as Nadam: return object("Nadam", betas(optimizer))
    case let optimizer as LAMB: return object("Lamb", betas(optimizer))
    case let optimizer as RMSprop:
      return object(
        "RMSprop",
        [
          "rho": .number(optimizer.rho), "momentum": .number(optimizer.momentum),
          "epsilon": .number(optimizer.epsilon), "centered": .truth(optimizer.centered),
        ])
    case let optimizer as Adagrad:
      return object(
        "Adagrad",
        [
          "initial_accumulator_value": .number(optimizer.initialAccumulatorValue),
          "epsilon": .number(optimizer.epsilon),
        ])
    case let optimizer as Adadelta:
      return object(
        "Adadelta", ["rho": .number(optimizer.rho), "epsilon": .number(optimizer.epsilon)])
    case let optimizer as Lion:
      return object(
        "Lion", ["beta_1": .number(optimizer.beta1), "beta_2": .number(optimizer.beta2)])
    default: return nil
    }
  }

  private static func describe(_ rate: LearningRate) -> KerasValue? {
    func object(_ name: String, _ config: [String: KerasValue]) -> KerasValue {
      .object(name, in: "keras.optimizers.schedules", config)
    }
    switch rate.schedule {
    case let schedule as ConstantRate: return .number(schedule.value)
    case let schedule as ExponentialDecay:
      return object(
        "ExponentialDecay",
        [
          "initial_learning_rate": .number(schedule.initialLearningRate),
          "decay_steps": .integer(schedule.decaySteps), "decay_rate": .number(schedule.decayRate),
          "staircase": .truth(schedule.staircase),
        ])
    case let schedule as InverseTimeDecay:
      return object(
        "InverseTimeDecay",
        [
          "initial_learning_rate": .number(schedule.initialLearningRate),
          "decay_steps": .integer(schedule.decaySteps), "decay_rate": .number(schedule.decayRate),
          "staircase": .truth(schedule.staircase),
        ])
    case let schedule as PolynomialDecay:
      return object(
        "PolynomialDecay",
        [
          "initial_learning_rate": .number(schedule.initialLearningRate),
          "decay_steps": .integer(schedule.decaySteps),
          "end_learning_rate": .number(schedule.endLearningRate), "power": .number(schedule.power),
          "cycle": .truth(schedule.cycle),
        ])
    case let schedule as PiecewiseConstantDecay:
      return object(
        "PiecewiseConstantDecay",
        [
          "boundaries": .integers(schedule.boundaries),
          "values": .list(schedule.values.map { .number($0) }),
        ])
    case let schedule as CosineDecay:
      return object(
        "CosineDecay",
        [
          "initial_learning_rate": .number(schedule.initialLearningRate),
          "decay_steps": .integer(schedule.decaySteps), "alpha": .number(schedule.alpha),
          "warmup_target": .optional(schedule.warmupTarget),
          "warmup_steps": .integer(schedule.warmupSteps),
        ])
    case let schedule as CosineDecayRestarts:
      return object(
        "CosineDecayRestarts",
        [
          "initial_learning_rate": .number(schedule.initialLearningRate),
          "first_decay_steps": .integer(schedule.firstDecaySteps),
          "t_mul": .number(schedule.tMul), "m_mul": .number(schedule.mMul),
          "alpha": .number(schedule.alpha),
        ])
    default: return nil
    }
  }

  // MARK: State

  /// The groups in which Keras keeps an optimizer's slots: those of a group alternate, parameter by
  /// parameter.
  static func slotGroups(of optimizer: any Optimizer) -> [[String]] {
    switch optimizer {
    case is RMSprop: optimizer.slotNames.map { [$0] }
    case let optimizer as Adam where optimizer.amsgrad:
      [["momentum", "velocity"], ["velocity_hat"]]
    case let optimizer as AdamW where optimizer.amsgrad:
      [["momentum", "velocity"], ["velocity_hat"]]
    default: optimizer.slotNames.isEmpty ? [] : [optimizer.slotNames]
    }
  }
}
