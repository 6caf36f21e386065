import Foundation
import Pinion
import PinionImages

// Arguments: a folder with train/CLASS/IMAGE and test/CLASS/IMAGE, the file of a network that was
// trained on other images, and a file for the new network.
let arguments = CommandLine.arguments.dropFirst().map { URL(filePath: $0) }
let (folder, pretrained, output) = (arguments[0], arguments[1], arguments[2])

let photographs = try ImageFolder.load(
  folder.appending(path: "train"), height: 32, width: 32)
for error in photographs.unreadable { print("not read: \(error)") }
let (training, validation) = try photographs.dataset.split(
  validation: 0.25, selecting: .stratified(seed: 1))
let augmented = try training.augmented(seed: 1) {
  RandomFlip(.horizontal)
  RandomTranslation(height: 0.1, width: 0.1)
}

// The pretrained network up to its features, frozen, and a new last layer.
let backbone = try Network(contentsOf: pretrained).extracting(
  outputs: ["features"], name: "backbone")
let chain = try Sequential(input: [32, 32, 3]) {
  backbone.graph
  Dropout(0.2)
  Dense(2, activation: .softmax)
}
let network = Network(try chain.graph.freezing("backbone"), seed: 1)
try network.copyWeights(from: backbone, into: "backbone")

let model = try Model(
  network,
  optimizer: AdamW(
    learningRate: .warmup(
      steps: 20, then: .cosineDecay(initialLearningRate: 0.01, decaySteps: 300)),
    weightDecay: 0.01, parameterRules: [ParameterRule(role: .bias, weightDecay: 0)]),
  loss: .sparseCategoricalCrossEntropy(labelSmoothing: 0.1),
  metrics: [Accuracy(), AUC(classIndex: 1)])
print(model.summary())
try model.fit(
  augmented, validation: validation, epochs: 50, batchSize: 16, classWeight: .balanced,
  callbacks: [EarlyStopping(monitor: "val_auc", patience: 10, restoreBestWeights: true)])
try model.saveWeights(to: output)

let test = try ImageFolder.load(
  folder.appending(path: "test"), height: 32, width: 32, classes: model.classNames
).dataset
print(try model.evaluate(test))
let matrix = try model.confusionMatrix(of: test)
print(matrix, ClassificationReport(matrix), separator: "\n\n")
