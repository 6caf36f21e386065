/// Everything: one import gives tensors, data sets, layers, optimisers, metrics and training.
@_exported public import PinionData
@_exported public import PinionLayers
@_exported public import PinionMetrics
@_exported public import PinionOptimizers
@_exported public import PinionReport
@_exported public import PinionTensor
@_exported public import PinionTraining
