import Testing

@Suite struct DataPlaceholder {}
