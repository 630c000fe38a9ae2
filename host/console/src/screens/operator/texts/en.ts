const texts = {
  health: "Health",
};

export default texts;
