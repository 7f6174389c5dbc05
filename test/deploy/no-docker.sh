#!/bin/bash
# Stands in for docker (CDK_DOCKER): the emulator keeps no images, so none is built. `inspect` says that there is none yet.
[ "$1" != inspect ]
