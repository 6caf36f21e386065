internal import CPinionKernels
internal import PinionTensor

/// Adds the bias and applies the activation to values fresh from a matrix product, keeping the argument where its gradient needs it.
func finish(
  _ values: MemoryView<Float>, bias: MemoryView<Float>?, activation: any ActivationFunction,
  width: Int, context: LayerContext, keptOffset: Int = 0
) {
  if context.mode == .training, activation.gradientReads == .input {
    if let bias { addBias(bias, to: values) }
    let kept = context.kept.rebound(to: Float.self)
    kept[keptOffset..<keptOffset + values.count].copy(from: values)
    activation.apply(to: values, width: width)
  } else if let bias {
    activation.apply(to: values, bias: bias)
  } else {
    activation.apply(to: values, width: width)
  }
}

/// Turns the output's gradient into the gradient of the activation's argument, in place.
func applyActivationGradient(
  _ activation: any ActivationFunction, context: LayerContext, width: Int
) {
  if activation.isIdentity { return }
  let values =
    activation.gradientReads == .output ? context.output : context.kept.rebound(to: Float.self)
  activation.applyGradient(to: context.outputGradient, values: values, width: width)
}

/// Adds Σ over rows of `rows`, (R, W), to `sums`, (W,).
func addColumnSums(of rows: MemoryView<Float>, to sums: MemoryView<Float>) {
  let width = sums.count
  guard width > 0 else { return }
  require(rows.count % width == 0, "values that are not whole rows")
  pinion_add_column_sums(rows.base, rows.count / width, width, sums.base)
}
