import Foundation
import Pinion
import PinionInterchange

/// Compiled models as Keras saves them.
enum KerasTrainings {
  /// Models of every optimizer, schedule, loss and metric that files can name.
  static var models: [Model] {
    get throws {
      let clipping: [GradientClipping?] = [nil, .value(1), .norm(1), .globalNorm(1)]
      let rates: [LearningRate] = [
        0.1, .exponentialDecay(initialLearningRate: 0.1, decaySteps: 9, decayRate: 0.5),
        .inverseTimeDecay(initialLearningRate: 0.1, decaySteps: 9, decayRate: 0.5),
        .polynomialDecay(initialLearningRate: 0.1, decaySteps: 9),
        .piecewiseConstantDecay(boundaries: [3], values: [0.1, 0.01]),
        .cosineDecay(initialLearningRate: 0.1, decaySteps: 9, warmupTarget: 1, warmupSteps: 2),
        .cosineDecayRestarts(initialLearningRate: 0.1, firstDecaySteps: 9),
      ]
      var adam = Adam(learningRate: rates[1], amsgrad: true)
      adam.clipping = clipping[1]
      let optimizers: [any Optimizer] = [
        SGD(learningRate: rates[0], momentum: 0.9, nesterov: true), adam,
        AdamW(learningRate: rates[2], clipping: clipping[2]), Adamax(learningRate: rates[3]),
        Nadam(learningRate: rates[4], clipping: clipping[3]),
        RMSprop(learningRate: rates[5], momentum: 0.5, centered: true),
        Adagrad(learningRate: rates[6]), Adadelta(), Lion(weightDecay: 0.1),
      ]
      let losses: [any Loss] = [
        SparseCategoricalCrossEntropy(), CategoricalCrossEntropy(labelSmoothing: 0.1),
        BinaryCrossEntropy(), BinaryFocalCrossEntropy(), CategoricalFocalCrossEntropy(),
        CosineSimilarity(), Huber(delta: 2), SummedLoss(MeanSquaredError()), KLDivergence(),
      ]
      return try zip(optimizers, losses).map { optimizer, loss in
        let graph = try Sequential(input: [2]) { Dense(3, activation: .softmax) }
        let metrics: [any Metric] = [
          loss.comparesClasses ? Accuracy() : RootMeanSquaredError(), BinaryAccuracy(),
        ]
        return try Model(
          graph, optimizer: optimizer, losses: .init([loss]),
          metrics: loss.comparesClasses ? nil : .init([metrics]), threads: 1)
      }
    }
  }

  /// What Keras and its earlier versions write in other ways than Pinion.
  static func edited(_ file: [UInt8], in scratch: ScratchFile) throws -> [[UInt8]] {
    let optimizer = #"{"class_name": "SGD", "config": {"learning_rate": 0.1}}"#
    let compiled = [
      #""optimizer": "adam", "loss": "mse", "metrics": ["accuracy", "mae"]"#,
      #""optimizer": \#(optimizer), "loss": {"dense": "bce"}, "metrics": {"dense": ["acc"]}"#,
      #""optimizer": \#(optimizer), "loss": ["categorical_crossentropy"], "loss_weights": [0.5]"#,
      #""optimizer": "rmsprop", "loss": "sparse_categorical_crossentropy", "metrics": [["#
        + #""sparse_categorical_accuracy", "binary_accuracy", {"class_name": "#
        + #""MeanMetricWrapper", "config": {"fn": "accuracy"}}]]"#,
      #""optimizer": "adam", "loss": {"class_name": "function", "config": "poisson"}"#,
      // Networks whose training is not one of Pinion's.
      #""optimizer": "adam""#, #""optimizer": "none", "loss": "mse""#,
      #""optimizer": "adam", "loss": "none""#,
      #""optimizer": {"class_name": "SGD", "config": {"learning_rate": {"class_name": "x"}}}"#,
      #""optimizer": {"class_name": "SGD", "config": {"momentum": "x"}}, "loss": "mse""#,
    ]
    let chain = edited(file) { text in
      text.replacing(inputLayer, with: "").replacing(
        #""config": {"layers""#,
        with: #""config": {"build_input_shape": [null, 4, 4, 1], "layers""#,
        maxReplacements: 1)
    }
    return compiled.map { text in
      edited(file) { $0.dropLast() + #", "compile_config": {\#(text)}}"# }
    } + [chain]
  }

  /// The chain's first layer, which earlier versions leave out.
  static let inputLayer =
    #"{"class_name": "InputLayer", "config": {"batch_shape": [null, 4, 4, 1], "dtype": "#
    + #""float32", "name": "input_layer"}, "module": "keras.layers", "registered_name": null}, "#

  /// A file whose configuration is changed.
  static func edited(_ file: [UInt8], _ change: (String) -> String) -> [UInt8] {
    let members = (ZipMember.all(of: file) ?? []).map { member in
      var member = member
      if member.name == Array("config.json".utf8) {
        member.contents = Array(change(String(decoding: member.contents, as: UTF8.self)).utf8)
      }
      return member
    }
    return ZipMember.archive(members)
  }
}
