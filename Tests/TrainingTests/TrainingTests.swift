import Testing

@Suite struct TrainingPlaceholder {}
