/// A neural-network library for image classification on CPUs. `import Pinion` provides:
///
/// - `Tensor` and `Shape`: arrays of floats; `RandomStream`: random numbers that depend on a seed
///   only;
/// - `Dataset`, `ArrayDataset`, `ImageDataset`: training data;
/// - `Sequential` and `Graph` of layers such as `Conv2D` and `Dense`; `Layer` for custom layers,
///   and `checkGradients(of:)` to check them;
/// - `Model`: `fit`, `evaluate`, `predict`, `saveWeights`; callbacks such as `EarlyStopping`;
/// - `Adam`, `SGD`, … and learning-rate schedules; `Accuracy`, `ConfusionMatrix`, …
/// - `ExperimentReport`: an HTML page with curves, confusion matrix, predictions and network
///   diagrams.
///
/// ```swift
/// let model = try Model(
///   Sequential(input: [28, 28, 1]) {
///     Flatten()
///     Dense(10, activation: .softmax)
///   })
/// try model.fit(training, epochs: 5)
/// ```
///
/// Equal seeds give equal bits with any number of threads. Importing the module has no side
/// effects: no threads, signal handlers or global settings.
@_exported public import PinionData
@_exported public import PinionLayers
@_exported public import PinionMetrics
@_exported public import PinionOptimizers
@_exported public import PinionReport
@_exported public import PinionTensor
@_exported public import PinionTraining
@_exported public import PinionVisualization
