import PinionData
import PinionTensor

extension Dataset {
  /// The input of a sample.
  func input(_ index: Int) -> [Float] {
    let buffer = AlignedBuffer(count: inputShape.elementCount)
    buffer.view.fill(.nan)
    copyInput(at: index, into: buffer.view)
    return withExtendedLifetime(buffer) { buffer.view.array }
  }

  /// The target of a sample.
  func target(_ index: Int) -> [Float] {
    let buffer = AlignedBuffer(count: targetShape.elementCount)
    buffer.view.fill(.nan)
    copyTarget(at: index, into: buffer.view)
    return withExtendedLifetime(buffer) { buffer.view.array }
  }
}

/// Samples whose input is (index, −index) and whose target is 2·index.
struct CountingDataset: Dataset {
  let count: Int
  let inputShape: Shape = [2]
  let targetShape: Shape = [1]

  func copyInput(at index: Int, into view: MemoryView<Float>) {
    view[0] = Float(index)
    view[1] = -Float(index)
  }

  func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(2 * index) }
}
