"""DDPG (Lillicrap et al. 2015): the modules beside this file are the algorithm and nothing else.

They import each other, torch, numpy and gymnasium, and can be copied into another project as they
are. The subpackages hold everything around the algorithm.
"""
