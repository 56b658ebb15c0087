"""The process that loads the interface file and runs its functions; standard library only."""
