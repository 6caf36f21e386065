import PinionTensor
import Testing

@Suite struct ScalarTypeTests {
  @Test func otherTypesArePrintedAsByNumPy() {
    #expect("\(Mask([[true, false], [false, true]]))" == "[[ True False]\n [False  True]]")
    #expect("\(IndexTensor([1, -20, 300]))" == "[  1 -20 300]")
    #expect("\(DoubleTensor([0.1, 2, 1.0 / 3]))" == "[0.1        2.         0.33333333]")
    #expect("\(DoubleTensor([1e7, 1]))" == "[1.e+07 1.e+00]")
    #expect("\(Mask(true)) \(IndexTensor(7)) \(DoubleTensor(1e15))" == "True 7 1000000000000000.0")
  }

  @Test func structureDoesNotDependOnTheType() {
    func check<Scalar: TensorScalar>(_ elements: [Scalar]) {
      let tensor = TensorOf(shape: [3, 5, 2], elements: elements)
      let back = tensor.transposed([2, 0, 1]).transposed([1, 2, 0])
      #expect(back == tensor && tensor.count == 30)
      #expect(tensor[1, AxisSlice(by: -2), 0].elements == [18, 14, 10].map { elements[$0] })
      #expect(TensorOf.concatenate(tensor.split(at: [1], along: 1), along: 1) == tensor)
      #expect(tensor.broadcast(to: [2, 3, 5, 2])[1..<2].squeezed(0) == tensor)
      var copy = tensor
      copy[0, 0..., 0] = tensor[2, 0..., 1]
      #expect(copy[0, 3, 0] == elements[27] && tensor[0, 3, 0] == elements[6])
      copy[0, 0, 0] = tensor[0, 0, 0]
      #expect(copy != tensor)
    }
    check((0..<30).map { Float($0) })
    check((0..<30).map { Double($0) })
    check((0..<30).map { Int32($0) })
    check((0..<30).map { $0 * 5 % 11 < 4 })
  }

  @Test func numbersAreConverted() {
    let double = DoubleTensor([0.1, 1e300, -2])
    #expect(Tensor(double).elements == [0.1, .infinity, -2])
    #expect(DoubleTensor(Tensor([0.1])).scalar == Double(Float(0.1)))
    #expect(DoubleTensor(double) == double)
    #expect(Mask(shape: [0], elements: []).count == 0)
  }

  @Test func masksCombine() {
    let (a, b) = (Mask([true, true, false]), Mask([true, false, false]))
    #expect((a .& b).elements == [true, false, false])
    #expect((a .| b).elements == [true, true, false])
    #expect((a .^ b).elements == [false, true, false])
    #expect((.!a).elements == [false, false, true])
    #expect(a.trueCount() == 2 && a.any() && !a.all())
    #expect(a.trueIndices().elements == [0, 1])
    #expect(!Mask.zeros([0]).any() && Mask.zeros([0]).all())
    let numbers = IndexTensor([3, 1, 2])
    #expect((numbers .> 1).elements == [true, false, true])
    #expect(numbers.sorted() == IndexTensor([1, 2, 3]))
    #expect(numbers.argsort(descending: true) == IndexTensor([0, 2, 1]))
    var tensor = Tensor([1, -2, 3, -4])
    tensor[tensor .< 0] = Tensor(0)
    #expect(tensor == Tensor([1, 0, 3, 0]))
    tensor[tensor .== 0] = Tensor([7, 8])
    #expect(tensor == Tensor([1, 7, 3, 8]))
  }

  @Test func partsAreMapped() {
    let tensor = Tensor([[1, 2], [3, 4], [5, 6]])
    #expect(tensor.map(along: 0) { Tensor($0.sum()) } == Tensor([3, 7, 11]))
    #expect(tensor.map(along: 1) { $0 * 2 } == tensor * 2)
    #expect(tensor.map(along: -1) { $0 .> 2 } == (tensor .> 2))
  }

  @Test(arguments: [(7, 1), (7, 3), (8, 3), (1, 2), (0, 2)]) func slicesAreNumPys(
    size: Int, step: Int
  ) {
    let tensor = Tensor(from: 0, to: Float(size))
    for start in [nil, -9, -3, 0, 2, 9] {
      for end in [nil, -9, -2, 0, 5, 9] {
        // Python's rule: bounds from the end, then clipped to the axis.
        let bound = { (value: Int, low: Int, high: Int) in
          min(max(value < 0 ? value + size : value, low), high)
        }
        let up = Array(
          stride(
            from: start.map { bound($0, 0, size) } ?? 0, to: end.map { bound($0, 0, size) } ?? size,
            by: step))
        let down = Array(
          stride(
            from: start.map { bound($0, -1, size - 1) } ?? size - 1,
            to: end.map { bound($0, -1, size - 1) } ?? -1, by: -step))
        #expect(
          tensor[AxisSlice(from: start, to: end, by: step)].elements == up.map { Float($0) })
        #expect(
          tensor[AxisSlice(from: start, to: end, by: -step)].elements == down.map { Float($0) })
      }
    }
  }

  @Test func messagesShowShapes() async {
    func text(_ result: ExitTest.Result?) -> String {
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
    let position = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3]).gathered(IndexTensor([0, 2]), along: 0) }
    #expect(text(position).contains("positions 0...2 on axis 0 of shape (2, 3)"))
    let lines = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3]).taken(IndexTensor([[0]]), along: 1) }
    #expect(text(lines).contains("positions of shape (1, 1) along axis 1 of shape (2, 3)"))
    let choice = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.where(Mask([true, false]), Tensor.zeros([3]), 0) }
    #expect(text(choice).contains("where: shapes (2,), (3,) and () do not fit"))
    let sum = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.einsum("ij,jk", .zeros([2, 3]), .zeros([2, 3])) }
    #expect(text(sum).contains("einsum: \"ij,jk\" for shapes [(2, 3), (2, 3)]"))
    let slice = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([4])[stride(from: 6, to: 0, by: -2)] }
    #expect(text(slice).contains("positions 2..<7 on axis 0 of shape (4,)"))
  }
}
