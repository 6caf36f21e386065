/// Pinion: neural networks for image classification, trained and run on the CPU.
///
/// One import gives everything that a program needs:
/// - `Tensor` and `Shape`: arrays of floats; `RandomStream`: random numbers that depend on a seed alone;
/// - `Dataset`, `ArrayDataset`, `ImageDataset`: what to learn from;
/// - `Sequential` and `Graph` of layers such as `Conv2D` and `Dense`; `Layer` to write one of your own, and
///   `checkGradients(of:)` to check it;
/// - `Model`: `fit`, `evaluate`, `predict`, `saveWeights`; callbacks such as `EarlyStopping`;
/// - `Adam`, `SGD`, … with schedules of the learning rate; `Accuracy`, `ConfusionMatrix`, …
/// - `ExperimentReport`: a run as a page, with its curves, confusion matrix, predictions and network.
///
/// ```swift
/// let model = try Model(
///   Sequential(input: [28, 28, 1]) {
///     Flatten()
///     Dense(10, activation: .softmax)
///   })
/// try model.fit(training, epochs: 5)
/// ```
/// Equal seeds give equal bits, whatever the number of threads. An import changes nothing in the process: no
/// threads before the first use, no signal handlers, no global settings.
@_exported public import PinionData
@_exported public import PinionLayers
@_exported public import PinionMetrics
@_exported public import PinionOptimizers
@_exported public import PinionReport
@_exported public import PinionTensor
@_exported public import PinionTraining
